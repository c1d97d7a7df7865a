import { VisionError, type RunEnvelope } from '@fovea/contracts';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Backend, BackendInput } from '../backend.ts';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failures.ts';
import { overlayNames, type Source } from '../sources.ts';

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

/** Where the overlay of each source goes. @throws UsageError */
export function overlayPaths(
  given: string | undefined,
  sources: readonly Source[],
  cwd: string,
): string[] | undefined {
  if (given === undefined) return undefined;
  const path = resolve(cwd, given);
  const isFile = /\.(png|svg)$/i.test(given);
  if (sources.length === 1 && isFile) return [path];
  if (isFile)
    throw new UsageError(
      `--overlay ${given} is one file, but there are ${sources.length} inputs: name a folder`,
    );
  return overlayNames(sources).map((name) => join(path, name));
}

/** Draws a run into a file: a PNG, or an SVG by its name; a class map is coloured where it was kept. */
export async function writeOverlay(
  cli: Cli,
  backend: Backend,
  { envelope, input, path }: { envelope: RunEnvelope; input: BackendInput; path: string },
): Promise<void> {
  const format = /\.svg$/i.test(path) ? 'svg' : 'png';
  const { result } = envelope;
  const map = result.kind === 'masks' ? await backend.blob(envelope, result.map.blob) : undefined;
  const drawn = await cli.installation.draw(envelope, format, {
    picture: input.bytes,
    ...(map ? { map } : {}),
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, drawn);
}

/** By the first bytes, as results say no media type of their own. */
function extensionOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('\x89PNG')) return 'png';
  if (start.startsWith('\xff\xd8')) return 'jpg';
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'webp' : 'bin';
}
