import { VisionError, type RunEnvelope } from '@fovea/contracts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../backend.ts';

interface ResultFile {
  /** Says what it is: cutout, map. */
  readonly role: string;
  readonly sha256: string;
}

/** The files that a run names: those of its result, then its attachments. */
function filesOf({ result, attachments = [] }: RunEnvelope): ResultFile[] {
  const files: ResultFile[] = [];
  if (result.kind === 'masks') files.push({ role: 'map', sha256: result.map.blob });
  if (result.kind === 'image' || result.kind === 'heatmap')
    files.push({ role: result.kind, sha256: result.blob });
  if (result.kind === 'maps')
    for (const { index, blob } of result.tiles) files.push({ role: `map-${index}`, sha256: blob });
  for (const { role, blob, index } of attachments)
    files.push({ role: index === undefined ? role : `${role}-${index}`, sha256: blob });
  return files;
}

/**
 * Writes the files of a run into a folder: `<stem>-<role>.png`.
 * @throws NOT_FOUND where they were not kept
 */
export async function saveFiles(
  backend: Backend,
  envelope: RunEnvelope,
  { folder, stem }: { folder: string; stem: string },
): Promise<void> {
  const files = filesOf(envelope);
  if (files.length > 0) await mkdir(folder, { recursive: true });
  for (const { role, sha256 } of files) {
    const bytes = await backend.blob(envelope, sha256);
    if (!bytes)
      throw new VisionError('NOT_FOUND', `the ${role} was not kept`, {
        hint: 'A server keeps nothing with --no-record: leave that out.',
      });
    await writeFile(join(folder, `${stem}-${role}.${extensionOf(bytes)}`), bytes);
  }
}

/** The class map of a `masks` result, where it was kept: what an overlay colours. */
export const classMapOf = async (backend: Backend, envelope: RunEnvelope): Promise<Uint8Array | undefined> =>
  envelope.result.kind === 'masks' ? backend.blob(envelope, envelope.result.map.blob) : undefined;

/** By the first bytes, as results say no media type of their own. */
function extensionOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('\x89PNG')) return 'png';
  if (start.startsWith('\xff\xd8')) return 'jpg';
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'webp' : 'bin';
}
