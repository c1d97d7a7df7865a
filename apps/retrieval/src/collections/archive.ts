import { VisionError } from '@fovea/contracts';
import { crc32 } from 'node:zlib';
import { fromBufferPromise, getFileNameLowLevel, type Entry, type ZipFile } from 'yauzl';

const MAX_ENTRIES = 100_000;
/** A picture of a ZIP is at most so large. */
const MAX_ENTRY_BYTES = 128 * 1024 ** 2;
/** Pictures hardly shrink in a ZIP: what unpacks to more than this many times its size is no collection of them. */
const MAX_RATIO = 20;
/** Below this no archive is suspected. */
const MIN_TOTAL_BYTES = 1024 ** 3;

/** A file in a ZIP. */
export interface ArchiveFile {
  /** With its folders; only a name: nothing is ever written there. */
  readonly name: string;
  /** @throws MEDIA_CORRUPT, UNSUPPORTED_MEDIA (encrypted, or packed in another way), PAYLOAD_TOO_LARGE */
  read(): Promise<Uint8Array>;
}

/**
 * The files of a ZIP, in its order; none is unpacked before it is read.
 * @throws UNSUPPORTED_MEDIA (no ZIP), MEDIA_CORRUPT, PAYLOAD_TOO_LARGE (more than 100,000 files, or a bomb)
 */
export async function openArchive(bytes: Uint8Array): Promise<ArchiveFile[]> {
  if (!isZip(bytes))
    throw new VisionError('UNSUPPORTED_MEDIA', 'the archive is no ZIP', {
      hint: 'Pack the pictures as a ZIP; 7z, RAR and tar are not read.',
    });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    // The names are decoded here: yauzl refuses an archive for the sake of one name that looks like a path upwards.
    const zip = await fromBufferPromise(buffer, { decodeStrings: false, lazyEntries: true });
    zip.autoClose = false;
    if (zip.entryCount > MAX_ENTRIES) throw tooMany(zip.entryCount);
    const files: ArchiveFile[] = [];
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry);
      if (name.endsWith('/')) continue;
      total += entry.uncompressedSize;
      files.push({ name, read: () => unpack(zip, entry, name) });
    }
    if (total > Math.max(MIN_TOTAL_BYTES, MAX_RATIO * bytes.length))
      throw new VisionError(
        'PAYLOAD_TOO_LARGE',
        `the archive unpacks to ${total} bytes, more than pictures do`,
        {
          hint: 'Pack the pictures alone, in several archives.',
        },
      );
    return files;
  } catch (error) {
    throw error instanceof VisionError ? error : corrupt('the archive', error);
  }
}

/** Begins with a file, or is empty: what other formats never do. */
const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 &&
  bytes[1] === 0x4b &&
  ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

const nameOf = (entry: Entry): string =>
  getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);

async function unpack(zip: ZipFile, entry: Entry, name: string): Promise<Uint8Array> {
  if (entry.isEncrypted())
    throw new VisionError('UNSUPPORTED_MEDIA', `${name} is encrypted`, {
      hint: 'Pack it without a password.',
    });
  if (!entry.canDecodeFileData())
    throw new VisionError('UNSUPPORTED_MEDIA', `${name} is packed in a way that is not read`, {
      hint: 'Pack it with the usual method (deflate), or unpacked (store).',
    });
  if (entry.uncompressedSize > MAX_ENTRY_BYTES)
    throw new VisionError('PAYLOAD_TOO_LARGE', `${name} has ${entry.uncompressedSize} bytes`);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Uint8Array);
    const bytes = Buffer.concat(chunks);
    if (crc32(bytes) !== entry.crc32) throw new RangeError('its checksum is wrong');
    return bytes;
  } catch (error) {
    throw corrupt(name, error);
  }
}

const tooMany = (count: number): VisionError =>
  new VisionError('PAYLOAD_TOO_LARGE', `the archive has ${count} files; at most ${MAX_ENTRIES} are read`, {
    hint: 'Pack them in several archives.',
  });

const corrupt = (what: string, cause: unknown): VisionError =>
  new VisionError(
    'MEDIA_CORRUPT',
    `${what} is damaged: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
      hint: 'The ZIP is damaged or cut short: pack it again.',
    },
  );
