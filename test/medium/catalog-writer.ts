// A process that records runs until it is killed, eight at a time, and prints the id of each as soon as it is acknowledged.
import { openCatalog } from '@fovea/catalog';
import { runRecord } from './runs.ts';

const catalog = await openCatalog({ dataDir: process.argv[2] ?? '' });
process.stdout.write('open\n');
let next = 0;
const record = async (): Promise<never> => {
  for (;;) {
    const input = Buffer.from(`picture ${process.pid} ${next++}`);
    const run = runRecord('local', { input });
    await catalog.runs.record(run);
    process.stdout.write(`${run.envelope.run.id} ${run.inputs[0]?.sha256}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, record));
