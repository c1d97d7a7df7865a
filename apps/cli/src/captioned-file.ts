import {
  captionIn,
  cleanCaption,
  openXmp,
  readPacket,
  withCaption,
  type Caption,
  type CaptionInPacket,
  type XmpHolder,
} from '@fovea/xmp';
import { mkdirSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { FileRefused, isFileError, UsageError } from './failures.ts';
import { replaceFile } from './replace-file.ts';
import type { Source } from './sources.ts';

export interface WriteOptions {
  /** Absolute; copies with captions go there and the pictures stay as they are. Default: in place. */
  readonly out?: string | undefined;
  /** Beside every picture, and not into those that can hold it. */
  readonly sidecar: boolean;
  /** Replace captions of people, and files in `out` that are none of ours. */
  readonly force: boolean;
}

/** A picture as it was read, and what its caption may do. */
export interface Captionable {
  /** The caption that a person gave it, which stays. */
  readonly kept?: string;
  /**
   * Writes the caption.
   * @returns the file that holds it, and whether it said so already
   * @throws FileRefused, STORAGE_FULL
   */
  write(caption: Caption): { file: string; changed: boolean };
}

/**
 * Looks at the XMP of a picture and at the sidecar beside it (`cat.heic.xmp`, as darktable and digiKam name them).
 * @param options.target where it is to be written: the picture itself, or a path in `out`
 * @throws IMAGE_CORRUPT where the picture or the sidecar is damaged
 */
export function openCaptionable(
  picture: { source: Source; bytes: Uint8Array; seen: Stats | undefined },
  options: WriteOptions & { target: string },
): Captionable {
  const { source, bytes, seen } = picture;
  const { target, force } = options;
  const isCopy = options.out !== undefined;
  const beside = `${target}.xmp`;
  if (isCopy && source.kind === 'file' && isSameFile(source.at, target))
    throw new FileRefused('it lies in the folder of --out itself', {
      hint: 'Leave --out away to write into the pictures themselves.',
    });
  const holder = openXmp(bytes);
  const sidecar = sidecarOf(target, source.kind === 'file' ? source.at : undefined);
  const packets = [...packetsOf(holder), ...(sidecar === undefined ? [] : [sidecar.text])];
  const earlier = isCopy ? earlierCopy(target, bytes) : undefined;
  const kept = force ? undefined : personsText([...packets, ...(earlier?.packets ?? [])]);
  if (kept === undefined && earlier?.isForeign && !force)
    throw new FileRefused(`${target} exists and is another file`, {
      hint: 'Choose another folder, or --force to replace it.',
    });

  return {
    ...(kept === undefined ? {} : { kept }),
    write(caption) {
      if (cleanCaption(caption.text) === '') throw new FileRefused('its caption is empty');
      if (isCopy) mkdirSync(dirname(target), { recursive: true });
      const into = options.sidecar ? undefined : captioned(bytes, holder, caption);
      let changed = false;
      if (isCopy || into)
        changed = put(target, into ?? bytes, isCopy ? { before: earlier?.bytes } : { before: bytes, seen });
      // A sidecar that says something else would win over the picture in most programs.
      if (!into || sidecar) {
        const before = sidecar?.at === beside ? { before: sidecar.text, seen: sidecar.seen } : {};
        changed = put(beside, withCaption(sidecar?.text, caption), before) || changed;
      }
      return { file: into ? target : beside, changed };
    },
  };
}

function captioned(
  bytes: Uint8Array,
  holder: XmpHolder | undefined,
  caption: Caption,
): Uint8Array | undefined {
  if (!holder) return undefined;
  const before = holder.packet && readPacket(holder.packet);
  const packet = withCaption(before, caption);
  return packet === before ? bytes : holder.put(packet);
}

/** @returns whether there was anything to write */
function put(
  path: string,
  content: Uint8Array | string,
  { before, seen }: { before?: Uint8Array | string | undefined; seen?: Stats | undefined },
): boolean {
  if (before !== undefined && Buffer.from(before).equals(Buffer.from(content))) return false;
  replaceFile(path, content, { seen });
  return true;
}

const packetsOf = (holder: XmpHolder | undefined): string[] =>
  [holder?.packet, holder?.extended].filter((packet) => packet !== undefined).map(readPacket);

function personsText(packets: readonly string[]): string | undefined {
  const person = packets.map(captionIn).find((one: CaptionInPacket) => one.by === 'person');
  return person?.text === undefined ? undefined : cleanCaption(person.text);
}

/** The sidecar that is to be changed; for a copy whose folder has none, that of the picture is where it begins. */
function sidecarOf(
  target: string,
  picture: string | undefined,
): { at: string; text: string; seen: Stats | undefined } | undefined {
  for (const at of new Set([target, picture ?? target].map((path) => `${path}.xmp`))) {
    const seen = statSync(at, { throwIfNoEntry: false });
    if (seen) return { at, text: readPacket(readFileSync(at)), seen };
  }
  return undefined;
}

/** What stands where a copy is to go: foreign unless it is the picture itself, or a copy with a caption of ours. */
function earlierCopy(
  target: string,
  bytes: Uint8Array,
): { bytes: Uint8Array; packets: readonly string[]; isForeign: boolean } | undefined {
  const found = readIfThere(target);
  if (!found) return undefined;
  if (Buffer.from(bytes).equals(found)) return { bytes: found, packets: [], isForeign: false };
  const packets = packetsOf(openXmp(found));
  return {
    bytes: found,
    packets,
    isForeign: !packets.some((packet) => captionIn(packet).mark !== undefined),
  };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isFileError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isSameFile(one: string, other: string): boolean {
  const exists = statSync(other, { throwIfNoEntry: false });
  return exists !== undefined && realpathSync(one) === realpathSync(other);
}

/**
 * Where each source is written: a file below the folder or pattern that named it, an address by its last part.
 * @param out absolute; undefined = in place
 * @throws UsageError where two would become one file, or what is no file is to be written in place
 */
export function targetsOf(sources: readonly Source[], out: string | undefined): string[] {
  if (out === undefined) {
    const other = sources.find(({ kind }) => kind !== 'file');
    if (other)
      throw new UsageError(`${other.name} is no file that a caption could be written into`, {
        hint: 'Add --out <folder>: a copy with its caption is written there.',
      });
    return sources.map(({ at }) => at);
  }
  const targets = sources.map((source) => join(out, nameOf(source)));
  const seen = new Map<string, Source>();
  for (const [index, target] of targets.entries()) {
    const source = sources[index] as Source;
    const twin = seen.get(target.toLowerCase());
    if (twin)
      throw new UsageError(`${twin.name} and ${source.name} would both be written to ${target}`, {
        hint: 'Name the folder that holds both: what is below it keeps its place.',
      });
    seen.set(target.toLowerCase(), source);
  }
  return targets;
}

function nameOf({ kind, at, below }: Source): string {
  if (kind === 'stdin') return 'stdin';
  if (kind === 'url')
    return basename(new URL(at).pathname).replaceAll(/[^\p{L}\p{N}._-]/gu, '_') || 'picture';
  return below === undefined || isAbsolute(below) || below.startsWith('..') ? basename(at) : below;
}

const EXTENSION = { jpeg: '.jpg', png: '.png', webp: '.webp' } as const;

/** The path with the extension of what the bytes are, where it has none. */
export function withExtension(path: string, bytes: Uint8Array): string {
  if (extname(path) !== '') return path;
  const format = openXmp(bytes)?.format;
  return format ? `${path}${EXTENSION[format]}` : path;
}

/** Each file once, however often and by whatever links it was named; what does not exist stays, to fail alone. */
export function eachFileOnce(sources: readonly Source[]): Source[] {
  const seen = new Set<string>();
  return sources.filter(({ kind, at }) => {
    if (kind !== 'file') return true;
    const path = realPathOf(at);
    if (seen.has(path)) return false;
    seen.add(path);
    return true;
  });
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
