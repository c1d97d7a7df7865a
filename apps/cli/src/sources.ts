import { VisionError, type Media } from '@fovea/contracts';
import { glob, readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { UsageError } from './failures.ts';

/** One thing to run a task on, as the user named it. */
export interface Source {
  /** `none` stands for the one run of a task without its input, or of one that has none. */
  readonly kind: 'file' | 'url' | 'stdin' | 'none';
  /** How it is called in the output. */
  readonly name: string;
  /** Absolute path, or the address. */
  readonly at: string;
  /** Where a file lies below the folder or the fixed part of the pattern that named it. */
  readonly below?: string;
}

const EXTENSIONS: Record<Media, readonly string[]> = {
  image: ['.jpg', '.jpeg', '.jfif', '.png', '.webp', '.avif', '.gif', '.tif', '.tiff', '.heic', '.heif'],
  audio: ['.wav', '.mp3', '.flac', '.ogg', '.opus', '.m4a', '.aac'],
  video: ['.mp4', '.mkv', '.webm', '.mov', '.avi', '.m4v', '.ts'],
};
const natural = new Intl.Collator('en', { numeric: true });

/**
 * Files, folders (with what is in them, hidden ones not), glob patterns, addresses and `-` as a flat list, in natural
 * order within each argument. A file that does not exist is an entry too: reading it fails, alone.
 * @param options.media decides which files of a folder are taken
 * @throws UsageError when a folder or pattern holds nothing to run
 */
export async function expandSources(
  args: readonly string[],
  options: { cwd: string; media: Media },
): Promise<Source[]> {
  const sources: Source[] = [];
  for (const arg of args) {
    if (arg === '-') sources.push({ kind: 'stdin', name: '-', at: '-' });
    else if (/^https?:\/\//i.test(arg)) sources.push({ kind: 'url', name: arg, at: arg });
    else sources.push(...(await expandPath(arg, options)));
  }
  if (sources.filter((source) => source.kind === 'stdin').length > 1)
    throw new UsageError('"-" can be given once only');
  return sources;
}

async function expandPath(arg: string, { cwd, media }: { cwd: string; media: Media }): Promise<Source[]> {
  const path = resolve(cwd, arg);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const names = await filesIn(path);
    const wanted = names.filter((name) => EXTENSIONS[media].includes(extname(name).toLowerCase()));
    if (wanted.length === 0)
      throw new UsageError(`${arg} holds no ${media} files (${EXTENSIONS[media].join(' ')})`);
    return wanted.map((name) => ({ kind: 'file', name: join(arg, name), at: join(path, name), below: name }));
  }
  if (found || !/[*?[{]/.test(arg)) return [{ kind: 'file', name: arg, at: path }];
  const names: string[] = [];
  for await (const name of glob(arg, { cwd })) names.push(name);
  const files = await keepFiles(names.sort(natural.compare), { cwd, base: resolve(cwd, fixedPart(arg)) });
  if (files.length === 0) throw new UsageError(`no file matches ${arg}`);
  return files;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length)
        .replace(/^[\\/]/, ''),
    )
    .filter((name) => !name.split(/[\\/]/).some((part) => part.startsWith('.')))
    .sort(natural.compare);
}

/** The folders of a pattern before the first that holds a wildcard. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  return parts.slice(0, wild).join('/') || (pattern.startsWith('/') ? '/' : '.');
}

async function keepFiles(
  names: readonly string[],
  { cwd, base }: { cwd: string; base: string },
): Promise<Source[]> {
  const files: Source[] = [];
  for (const name of names) {
    const at = resolve(cwd, name);
    if ((await stat(at).catch(() => undefined))?.isFile())
      files.push({ kind: 'file', name, at, below: relative(base, at) });
  }
  return files;
}

export interface ReadOptions {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}
const FETCH_TIMEOUT_MS = 60_000;

/**
 * The bytes of a file, of standard input or of an address. Addresses are fetched here and not by a server: whoever
 * types one may reach it, a camera in the own network too.
 * @throws UsageError where standard input is a keyboard, URL_REFUSED
 */
export async function readSource(source: Source, { stdin, signal }: ReadOptions): Promise<Uint8Array> {
  if (source.kind === 'file') return readFile(source.at, { signal });
  if (source.kind === 'url') return fetchBytes(source.at, signal);
  if (stdin.isTTY) throw new UsageError('"-" reads standard input, but nothing is piped into it');
  return buffer(stdin as NodeJS.ReadableStream);
}

async function fetchBytes(url: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
    });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    await response.body?.cancel();
    throw new VisionError('URL_REFUSED', `${url} answers ${response.status}`, {
      hint: 'Check that the address opens without a login.',
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof VisionError) throw error;
    const { message } =
      error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error);
    throw new VisionError('URL_REFUSED', `${url} cannot be fetched: ${message}`, {
      hint: 'Check the address.',
      cause: error,
    });
  }
}

/** File names for the overlays of many sources, no two alike: `cat.png`, `cat-2.png`. */
export function overlayNames(sources: readonly Source[]): string[] {
  const used = new Set<string>();
  return sources.map((source) => {
    const path = source.kind === 'url' ? new URL(source.at).pathname : source.name;
    const stem = basename(path, extname(path)).replaceAll(/[^\p{L}\p{N}._-]/gu, '_') || 'stdin';
    let name = stem;
    for (let count = 2; used.has(name.toLowerCase()); count++) name = `${stem}-${count}`;
    used.add(name.toLowerCase());
    return `${name}.png`;
  });
}
