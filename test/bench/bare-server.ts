// The baseline: onnxruntime-node and sharp with nothing around them. A loop runs one picture after the other; sharp
// decodes the next ones while it runs (run() blocks this thread, sharp works on others).
// node bare-server.ts <model.onnx> <side> <threads>: prints its address, answers POST with the top five as JSON.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const [model = '', sideText = '224', threads = '2'] = process.argv.slice(2);
const side = Number(sideText);
sharp.cache(false);
const session = await InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
});

async function decode(bytes: Buffer): Promise<Uint8Array> {
  const picture = sharp(bytes);
  const { width = 0, height = 0 } = await picture.metadata();
  const box = Math.round((Math.min(width, height) * side) / (side + 32));
  return picture
    .extract({ left: (width - box) >> 1, top: (height - box) >> 1, width: box, height: box })
    .resize(side, side, { kernel: 'cubic' })
    .raw()
    .toBuffer();
}

const waiting: { pixels: Uint8Array; response: ServerResponse }[] = [];
let running = false;
async function runAll(): Promise<void> {
  if (running) return;
  running = true;
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { logits } = await session.run({ image: new Tensor('uint8', next.pixels, [1, side, side, 3]) }, [
      'logits',
    ]);
    const data = logits?.data as Float32Array;
    const top = Array.from(data.keys())
      .sort((a, b) => (data[b] ?? 0) - (data[a] ?? 0))
      .slice(0, 5);
    next.response.end(JSON.stringify(top));
  }
  running = false;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    void decode(Buffer.concat(chunks)).then((pixels) => {
      waiting.push({ pixels, response });
      return runAll();
    });
  });
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`),
);
