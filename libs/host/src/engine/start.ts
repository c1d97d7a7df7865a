import { openCatalog, type Catalog } from '@fovea/catalog';
import { childEnvironment, type Settings } from '@fovea/config';
import { VisionError } from '@fovea/contracts';
import { faissState, openPgVectors, openVectors } from '@fovea/vectors';
import { createInference, type Inference } from '@fovea/inference';
import { join } from 'node:path';
import { totalmem } from 'node:os';
import type { Log } from './log.ts';
import { Vectors, type VectorsOptions } from './vectors.ts';

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

/** Indexes may take a quarter of what this process may use: half of it is for models. */
const VECTOR_SHARE = 0.25;

/** Search by vectors with these settings; it is opened when it is first used. */
export function startVectors(
  settings: Settings,
  catalog: Catalog,
  options: { log: Log } & Pick<VectorsOptions, 'onSearch'>,
): Vectors {
  const { log } = options;
  const { vectors: backend, dataDir } = settings;
  const source = catalog.collections;
  return new Vectors({
    open: () =>
      backend === 'pgvector'
        ? openPgVectors({ source, database: catalog.queue, log })
        : openVectors({
            source,
            dataDir,
            backend,
            memoryBytes: vectorMemory(settings),
            environment: childEnvironment(),
            log,
          }),
    ...(options.onSearch ? { onSearch: options.onSearch } : {}),
  });
}

/** Said at the start, not at the first search. @throws INVALID_PARAMETER where FAISS was asked for and is not there */
export function checkVectors({ vectors }: Settings): void {
  const { ok, detail } = faissState();
  if (vectors === 'faiss' && !ok)
    throw new VisionError('INVALID_PARAMETER', `FOVEA_VECTORS=faiss: ${detail}`, {
      hint: 'Run `npm run setup:faiss` (on Debian after `apt-get install g++ libfaiss-dev libopenblas-dev`), or choose auto.',
    });
}

function vectorMemory({ vectorMemoryBytes }: Settings): number {
  const constrained = process.constrainedMemory();
  const available = constrained > 0 && constrained < totalmem() ? constrained : totalmem();
  return vectorMemoryBytes ?? Math.floor(available * VECTOR_SHARE);
}
