// A bare onnxruntime-node session at one batch size, in a process of its own.
// node bare-batch.ts <model.onnx> <side> <provider> <batch> <seconds> <threads>: prints pictures per second.
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [model = '', side = '224', provider = 'cpu', batch = '1', seconds = '3', threads = '2'] =
  process.argv.slice(2);
const session = await InferenceSession.create(model, {
  executionProviders: [provider],
  intraOpNumThreads: Number(threads),
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
});
const rows = Number(batch);
const pixels = Uint8Array.from({ length: rows * Number(side) ** 2 * 3 }, (_, i) => (i * 7919) % 256);
const feeds = { image: new Tensor('uint8', pixels, [rows, Number(side), Number(side), 3]) };
for (let i = 0; i < 5; i++) await session.run(feeds, ['logits']);
const end = performance.now() + Number(seconds) * 1000;
const began = performance.now();
let runs = 0;
for (; performance.now() < end; runs++) await session.run(feeds, ['logits']);
process.stdout.write(`${((runs * rows) / (performance.now() - began)) * 1000}\n`);
