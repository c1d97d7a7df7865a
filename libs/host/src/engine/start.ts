import { openCatalog, type Catalog } from '@fovea/catalog';
import { childEnvironment, type Settings } from '@fovea/config';
import { createInference, type Inference } from '@fovea/inference';
import { join } from 'node:path';
import type { Log } from './log.ts';

/** The catalog of these settings. It says sentences only. */
export const startCatalog = (settings: Settings, log: Log): Promise<Catalog> =>
  openCatalog({
    dataDir: settings.dataDir,
    ...(settings.databaseUrl ? { databaseUrl: settings.databaseUrl } : {}),
    log: {
      info: (message) => log.info({}, message),
      warn: (message) => log.warn({}, message),
      error: (message) => log.error({}, message),
    },
    keep: { days: settings.keepDays, bytes: settings.keepBytes, inputs: settings.keepInputs },
  });

/** Inference of these settings, started. @param root the checkout: its models/ are used */
export async function startInference(settings: Settings, root: string, log: Log): Promise<Inference> {
  const inference = await createInference({
    modelsDir: join(root, 'models'),
    dataDir: settings.dataDir,
    device: settings.device,
    ...(settings.threads ? { threads: settings.threads } : {}),
    queueLimit: settings.queueLimit,
    ...(settings.memoryBytes ? { memoryBytes: settings.memoryBytes } : {}),
    licences: settings.licences,
    ...(settings.modelMirror ? { mirror: settings.modelMirror } : {}),
    environment: childEnvironment(),
    log,
  });
  await inference.start();
  return inference;
}
