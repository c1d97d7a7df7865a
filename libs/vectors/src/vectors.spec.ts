import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vectorPortConformance } from '../test/conformance.ts';
import { faissState } from './faiss/open.ts';
import type { VectorsOptions } from './types.ts';
import { openVectors } from './vectors.ts';

/** Few vectors are enough for files, builds and approximate search here. */
const LIMITS = { snapshotFrom: 500, wasteRows: 200, backoffMs: 1 };

function conforms(name: string, backend: NonNullable<VectorsOptions['backend']>): void {
  vectorPortConformance(name, async (source) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'fovea-vectors-'));
    const open = () => openVectors({ source, dataDir, backend, limits: LIMITS });
    let port = await open();
    return {
      port,
      async reopen() {
        await port.close();
        return (port = await open());
      },
      async close() {
        await port.close();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  });
}

conforms('exact', 'exact');
const faiss = faissState();
if (faiss.ok) conforms('FAISS', 'faiss');
else process.stderr.write(`\nFAISS IS NOT TESTED: ${faiss.detail}\n`);
