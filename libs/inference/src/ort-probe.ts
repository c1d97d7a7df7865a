import ort from 'onnxruntime-node';
import { sessionOptions } from './ort-sessions.ts';
import { probeInput, probeModel } from './probe-model.ts';

const RUNS = 5;

/** The devices that this build of onnxruntime knows. */
export const supportedDevices = (): string[] => ort.listSupportedBackends().map(({ name }) => name);

/** Runs the probe model on a device alone (nothing falls back to the processor): its output, and the fastest of five runs. */
export async function timeProbe(
  device: string,
  threads: number,
): Promise<{ values: Float32Array; ms: number }> {
  const options = sessionOptions({ device, threads });
  const session = await ort.InferenceSession.create(probeModel(), {
    ...options,
    executionProviders: [device],
    extra: { session: { ...options.extra.session, disable_cpu_ep_fallback: device === 'cpu' ? '0' : '1' } },
  });
  const { dims, data } = probeInput();
  const feeds = { x: new ort.Tensor('float32', data, dims) };
  let ms = Infinity;
  let values = new Float32Array();
  for (let run = 0; run <= RUNS; run++) {
    const begin = performance.now();
    values = (await session.run(feeds))['y']?.data as Float32Array<ArrayBuffer>;
    // The first run compiles.
    if (run > 0) ms = Math.min(ms, performance.now() - begin);
  }
  await session.release();
  return { values, ms };
}
