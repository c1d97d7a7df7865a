// npm run gpu:cuda: fetches the CUDA libraries of onnxruntime-node (hundreds of MB from its own feed), for machines
// with an NVIDIA GPU, CUDA 12 and cuDNN 9. Without them Fovea uses the CPU, or a GPU through WebGPU.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
const { status } = spawnSync(process.execPath, [join(folder, 'script', 'install.js')], {
  stdio: 'inherit',
  env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'cuda12' },
});
if (status === 0)
  console.log('\nThe CUDA libraries are there: FOVEA_DEVICE=cuda npm start, or let it choose by itself.');
else console.error('\nThe CUDA libraries could not be fetched: see above. Fovea works without them.');
process.exit(status ?? 1);
