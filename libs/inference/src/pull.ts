import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VisionError, type ManifestModel } from '@fovea/contracts';
import { hashFile } from './hashing.ts';
import type { Log, PullProgress } from './types.ts';

export interface PullSource {
  readonly model: ManifestModel;
  readonly target: string;
  /** A folder or URL that holds the manifest's `file` paths. */
  readonly mirror?: string;
  readonly log: Log;
}
export interface PullControl {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PullProgress) => void;
}

const ATTEMPTS = 5;
const RETRY_MS = 200;
const PROGRESS_BYTES = 1 << 20;

/**
 * Fetches a model's file: resumed from `<target>.part` where one is, hash verified, synced to disk, then renamed,
 * so that the target is whole whenever it exists.
 * @throws MODEL_FAILED, STORAGE_FULL, CANCELLED
 */
export async function pullFile(source: PullSource, control: PullControl): Promise<void> {
  const { model, target } = source;
  const part = `${target}.part`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await fetchWithRetries(source, part, control);
    const found = await hashFile(part);
    if (found !== model.sha256) {
      await rm(part, { force: true });
      throw new VisionError(
        'MODEL_FAILED',
        `${model.id}: what ${origin(source)} sent has SHA-256 ${found}, the manifest says ${model.sha256}`,
        {
          hint: 'The source or mirror holds another file; the download was thrown away. Check FOVEA_MODEL_MIRROR.',
        },
      );
    }
    await rename(part, target);
    await syncFolder(dirname(target));
  } catch (error) {
    throw asPullError(error, source, control.signal);
  }
}

async function fetchWithRetries(source: PullSource, part: string, control: PullControl): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const before = await sizeOf(part);
    try {
      await fetchOnce(source, part, control);
      return;
    } catch (error) {
      // A cut connection is worth another try as long as bytes arrive; a refusal or a full disk is not.
      const cut = !(error instanceof VisionError) && !control.signal.aborted && !isDiskError(error);
      const progressed = (await sizeOf(part)) > before;
      if (!cut || (attempt >= ATTEMPTS && !progressed)) throw error;
      source.log.warn(
        { model: source.model.id, attempt, error: String(error) },
        'pull interrupted, resuming',
      );
      await new Promise((resolve) => setTimeout(resolve, progressed ? 0 : RETRY_MS * attempt));
    }
  }
}

async function fetchOnce(source: PullSource, part: string, control: PullControl): Promise<void> {
  const { model } = source;
  const have = await sizeOf(part);
  if (have === model.bytes) return;
  if (have > model.bytes) {
    await rm(part, { force: true });
    return fetchOnce(source, part, control);
  }
  const { body, from } = await openSource(source, have, control.signal);
  const file = await open(part, from === 0 ? 'w' : 'a');
  try {
    await copy(body, file, { from, model, control });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The bytes of the source and the offset they begin at: `have` where it can resume, otherwise 0. */
async function openSource(
  source: PullSource,
  have: number,
  signal: AbortSignal,
): Promise<{ body: AsyncIterable<Uint8Array>; from: number }> {
  const address = origin(source);
  if (!/^https?:/.test(address))
    return { body: createReadStream(address, { start: have, signal }), from: have };
  const response = await fetch(address, { signal, headers: have > 0 ? { range: `bytes=${have}-` } : {} });
  if (!response.ok || !response.body)
    throw new VisionError('MODEL_FAILED', `${address} answered ${response.status} ${response.statusText}`);
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  // A server that ignores Range answers 200 with everything.
  const from = response.status === 206 && range ? Number(range[1]) : 0;
  if (from !== have && from !== 0)
    throw new VisionError('MODEL_FAILED', `${address} answered bytes from ${from}, asked for ${have}`);
  return { body: response.body, from };
}

async function copy(
  body: AsyncIterable<Uint8Array>,
  file: FileHandle,
  { from, model, control }: { from: number; model: ManifestModel; control: PullControl },
): Promise<void> {
  let doneBytes = from;
  let told = from;
  for await (const chunk of body) {
    control.signal.throwIfAborted();
    doneBytes += chunk.byteLength;
    if (doneBytes > model.bytes) {
      await file.truncate(0);
      throw new VisionError(
        'MODEL_FAILED',
        `${model.id}: the source sends more than the manifest's ${model.bytes} bytes`,
      );
    }
    await file.writeFile(chunk);
    if (doneBytes - told >= PROGRESS_BYTES || doneBytes === model.bytes) {
      told = doneBytes;
      control.onProgress({ doneBytes, totalBytes: model.bytes });
    }
  }
  if (doneBytes < model.bytes) throw new Error(`the source ended after ${doneBytes} of ${model.bytes} bytes`);
}

/** The address that the bytes come from: below the mirror where one is set. */
function origin({ model, mirror }: PullSource): string {
  if (mirror !== undefined)
    return /^https?:/.test(mirror)
      ? new URL(model.file, mirror.endsWith('/') ? mirror : `${mirror}/`).href
      : join(mirror, model.file);
  if (model.source.type !== 'url')
    throw new VisionError('MODEL_MISSING', `${model.id} has no address to pull it from`);
  return model.source.url;
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (found) => found.size,
    () => 0,
  );

/** Makes the rename itself durable; Windows cannot open folders and needs none of it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
const isDiskError = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOENT'].includes(errorCode(error) ?? '');

function asPullError(error: unknown, source: PullSource, signal: AbortSignal): Error {
  if (error instanceof VisionError) return error;
  if (signal.aborted) return new VisionError('CANCELLED', 'The pull was cancelled', { cause: error });
  const { id } = source.model;
  if (['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? ''))
    return new VisionError('STORAGE_FULL', `No space is left for ${id} (${source.model.bytes} bytes)`, {
      cause: error,
      hint: 'Free disk space in the data folder, then pull again: it goes on where it stopped.',
    });
  const detail =
    error instanceof Error
      ? error.cause instanceof Error
        ? error.cause.message
        : error.message
      : String(error);
  return new VisionError('MODEL_FAILED', `${id} could not be pulled from ${origin(source)}: ${detail}`, {
    cause: error,
    hint: 'Check the network or set FOVEA_MODEL_MIRROR, then pull again: it goes on where it stopped.',
  });
}
