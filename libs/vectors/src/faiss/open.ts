import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AnnLibrary } from '../ann.ts';
import { faissLibrary } from './library.ts';

const require = createRequire(import.meta.url);
const FIX = 'npm run setup:faiss';

function folder(): string | null {
  try {
    return dirname(require.resolve('faiss-node/package.json'));
  } catch {
    return null;
  }
}

/** The binary that scripts/setup-faiss.mjs made, or that came with the package; and the version that the former notes. */
function binary(): { path: string | null; version: string } {
  const release = join(folder() ?? '', 'build', 'Release');
  const path = join(release, 'faiss-node.node');
  if (!existsSync(path)) return { path: null, version: '' };
  const record = join(release, 'fovea.json');
  const made = existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as { faiss: string }) : null;
  return { path, version: made?.faiss ?? 'of faiss-node' };
}

/** Whether FAISS is there, without loading it. */
export function faissState(): { readonly ok: boolean; readonly detail: string } {
  if (!folder())
    return { ok: false, detail: 'the package faiss-node is not installed (npm ci --omit=optional?)' };
  const { path, version } = binary();
  return path
    ? { ok: true, detail: `FAISS ${version}` }
    : { ok: false, detail: `faiss-node is not compiled: ${FIX}` };
}

/**
 * Loads FAISS into this process. Its calls block and a broken build may end the process: meant for processes of their own.
 * @returns `missing`: why there is none, in a sentence for people
 */
export function openFaiss(): { library: AnnLibrary } | { missing: string } {
  const { ok, detail } = faissState();
  if (!ok) return { missing: detail };
  try {
    const faiss = require('faiss-node') as typeof import('faiss-node');
    return { library: faissLibrary(faiss, binary().version) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { missing: `faiss-node does not load (${reason}): ${FIX}` };
  }
}
