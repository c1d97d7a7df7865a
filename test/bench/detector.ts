import type { Picture, RunContext, Stage } from '@fovea/application';
import { createInference } from '@fovea/inference';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectObjects, type TileParams } from '../../apps/detection/src/detect-objects.ts';
import { DETECTORS, type DetectParams, type Detection } from '../../libs/stages/src/detect/detect.ts';

const MODELS = join(import.meta.dirname, '..', '..', 'models');

export interface Detector {
  readonly models: readonly string[];
  run(model: string, picture: Picture, params: DetectParams & TileParams): Promise<Detection[]>;
  close(): Promise<void>;
}

/** The task `detection` on pictures in memory, without server and decoding, on the processor. */
export async function openDetector(): Promise<Detector> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const inference = await createInference({
    modelsDir: MODELS,
    dataDir,
    device: 'cpu',
    threads: availableParallelism(),
  });
  await inference.start();
  const runtime = inference.bind({ owner: 'local', priority: 'job' });
  return {
    models: DETECTORS,
    run: (id, picture, params) => {
      const model = inference.model(id);
      const context = {
        progress: () => {},
        stage: async <I, P, F, O>(stage: Stage<I, P, F, O>, input: I, own: P): Promise<O> => {
          const { feeds, frame } = await stage.preprocess(input, own, model);
          const { outputs } = await runtime.run({ model: id, feeds, outputs: stage.outputs });
          return stage.postprocess(outputs, { frame, params: own, model });
        },
      };
      return detectObjects(context as unknown as RunContext, picture, params);
    },
    close: async () => {
      await inference.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
