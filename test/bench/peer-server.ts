// The peer: the image-classification pipeline of transformers.js on the same weights.
// node --conditions=source peer-server.ts <folder with @huggingface/transformers> <model.onnx> <side> <threads>
import { readModel, writeModel } from '@fovea/onnx';
import { mkdtemp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Peer {
  env: { allowRemoteModels: boolean; localModelPath: string };
  RawImage: { fromBlob(blob: Blob): Promise<unknown> };
  pipeline(
    task: string,
    model: string,
    options: object,
  ): Promise<(image: unknown, options: object) => Promise<unknown>>;
}

const [peerFolder = '', file = '', sideText = '224', threads = '2'] = process.argv.slice(2);
const side = Number(sideText);

// The pipeline feeds float32 [n, 3, S, S]; the model takes uint8 [n, S, S, 3]: two nodes in front turn one into the other.
const model = readModel(await readFile(file));
const { graph } = model;
const wrapped = {
  ...model,
  graph: {
    ...graph,
    inputs: [{ name: 'pixel_values', dtype: 'float32' as const, shape: ['n', 3, side, side] }],
    outputs: graph.outputs.filter(({ name }) => name === 'logits'),
    nodes: [
      {
        name: 'to-nhwc',
        op: 'Transpose',
        domain: '',
        inputs: ['pixel_values'],
        outputs: ['nhwc'],
        attributes: { perm: { type: 'ints' as const, value: [0n, 2n, 3n, 1n] } },
      },
      {
        name: 'to-uint8',
        op: 'Cast',
        domain: '',
        inputs: ['nhwc'],
        outputs: ['image'],
        attributes: { to: { type: 'int' as const, value: 2n } },
      },
      ...graph.nodes,
    ],
  },
};
const folder = await mkdtemp(join(tmpdir(), 'fovea-peer-'));
await mkdir(join(folder, 'peer', 'onnx'), { recursive: true });
await writeFile(join(folder, 'peer', 'onnx', 'model.onnx'), writeModel(wrapped));
const id2label = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [index, `class ${index}`]));
await writeFile(
  join(folder, 'peer', 'config.json'),
  JSON.stringify({ model_type: 'efficientnet', id2label }),
);
await writeFile(
  join(folder, 'peer', 'preprocessor_config.json'),
  JSON.stringify({
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { shortest_edge: side + 32 },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: side, width: side },
    do_rescale: false,
    do_normalize: false,
  }),
);

const entry = createRequire(join(peerFolder, 'package.json')).resolve('@huggingface/transformers');
const peer = (await import(entry)) as Peer;
peer.env.allowRemoteModels = false;
peer.env.localModelPath = folder;
const classify = await peer.pipeline('image-classification', 'peer', {
  dtype: 'fp32',
  device: 'cpu',
  session_options: {
    intraOpNumThreads: Number(threads),
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  },
});
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    peer.RawImage.fromBlob(new Blob([Buffer.concat(chunks)]))
      .then((image) => classify(image, { top_k: 5 }))
      .then(
        (labels) => response.end(JSON.stringify(labels)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`),
);
