import type { Image } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { abortable } from './abort.ts';
import { jpegOrientation } from './exif.ts';
import { whereItEnds } from './extent.ts';
import { sharp, WHITE } from './native.ts';
import { sniffMedia, type SniffedMedia } from './sniff.ts';

export interface ReadLimits {
  /** Pixels of the picture (of one page); default 100 million. */
  readonly maxPixels?: number;
  readonly signal?: AbortSignal;
}
export interface DecodeOptions extends ReadLimits {
  /** Default true: the embedded colour profile is applied. False keeps the stored numbers, as Pillow does. */
  readonly colourManaged?: boolean;
}

/** A decoded picture and what its file said of it. */
export interface DecodedImage extends Image {
  readonly mime: string;
  /** `jpeg`, `png`, `webp`, `avif`, `heic`, `gif` or `tiff`. */
  readonly format: string;
  /** Frames of an animation or pages of a document; the first is what was decoded. */
  readonly pages: number;
  /** EXIF orientation 1..8 as it stood in the file; already applied. */
  readonly orientation: number;
}

export const DEFAULT_MAX_PIXELS = 100e6;

/**
 * Reads a JPEG with mere warnings, as browsers do, and refuses what is cut short, also in a TIFF, where "truncated"
 * would fill the missing part with black.
 */
const FAIL_ON = 'error';

const READ_FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'avif', 'heic', 'gif', 'tiff'];
/** The prebuilt libvips reads AV1 pictures in the HEIF box but has no HEVC decoder. */
const readsHeic = (): boolean => sharp.format.heif.input.fileSuffix?.includes('.heic') ?? false;

/**
 * Decodes a picture: first frame or page, orientation applied, sRGB, alpha over white, 8 bits.
 * The pixel limit is judged from the header, before anything is decoded.
 * @param bytes a whole file: JPEG, PNG, WebP, AVIF, GIF, TIFF, and HEIC where libvips was built with it
 * @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA, CANCELLED
 * @example const { rgb, width, height } = await decodeImage(await readFile('cat.jpg'));
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { colourManaged = true, signal } = options;
  const { media, result } = await readPicture(bytes, options, {
    input: { ignoreIcc: !colourManaged },
    pipeline: (picture) => picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }),
  });
  const { data, info } = result;
  return {
    rgb: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    width: info.width,
    height: info.height,
    mime: media.mime,
    format: media.format,
    ...(await abortable(() => factsOf(bytes, media), signal)),
  };
}

/** What the header says beside the size. */
async function factsOf(
  bytes: Uint8Array,
  media: SniffedMedia,
): Promise<Pick<DecodedImage, 'pages' | 'orientation'>> {
  // The hot path: libvips need not read the header of a JPEG once more.
  if (media.format === 'jpeg') return { pages: 1, orientation: jpegOrientation(bytes) };
  const { pages = 1, orientation = 1 } = await headerOf(bytes);
  return { pages, orientation };
}

const headerOf = (bytes: Uint8Array): Promise<Metadata> =>
  sharp(bytes, { failOn: FAIL_ON, limitInputPixels: false }).metadata();

interface Reading<T> {
  readonly input?: SharpOptions;
  /** Ends the pipeline that has oriented, flattened and converted the picture. */
  pipeline(picture: Sharp): Promise<T>;
}

/**
 * Runs one pipeline over the bytes of a picture.
 * @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA, CANCELLED
 */
export async function readPicture<T>(
  bytes: Uint8Array,
  limits: ReadLimits,
  reading: Reading<T>,
): Promise<{ media: SniffedMedia; result: T }> {
  const { maxPixels = DEFAULT_MAX_PIXELS, signal } = limits;
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array');
  if (!(maxPixels >= 1)) throw new RangeError(`maxPixels must be at least 1, got ${maxPixels}`);
  const media = readableMedia(bytes);
  const limitInputPixels = Math.min(Math.floor(maxPixels), Number.MAX_SAFE_INTEGER);
  const input: SharpOptions = { failOn: FAIL_ON, limitInputPixels, ...reading.input };
  const run = (): Promise<T> =>
    reading
      .pipeline(sharp(bytes, input).autoOrient().flatten({ background: WHITE }).toColourspace('srgb'))
      .catch(async (cause: unknown) => {
        const header = await headerOf(bytes).catch(() => undefined);
        throw problemOf(cause, { bytes, media, maxPixels, header });
      });
  return { media, result: await abortable(run, signal) };
}

/** What the bytes are, where that is a picture this build reads. */
function readableMedia(bytes: Uint8Array): SniffedMedia {
  if (bytes.length === 0)
    throw new VisionError('IMAGE_CORRUPT', 'the file is empty: 0 bytes', {
      hint: 'Send the bytes of a picture.',
    });
  const media = sniffMedia(bytes);
  if (!media) {
    const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new VisionError(
      'IMAGE_CORRUPT',
      `no picture begins with the bytes ${start} (${bytes.length} bytes sent)`,
    );
  }
  if (media.format === 'svg')
    throw new VisionError(
      'UNSUPPORTED_MEDIA',
      'this is an SVG drawing (image/svg+xml), not a picture of pixels',
      {
        hint: 'A drawing has no pixels of its own and may refer to other files: export it as PNG and send that.',
      },
    );
  if (media.format === 'heic' && !readsHeic())
    throw new VisionError(
      'UNSUPPORTED_MEDIA',
      'this is a HEIC picture (image/heic), and this build has no HEVC decoder',
      {
        hint: 'Convert it to JPEG or AVIF; phones can be set to take JPEG ("most compatible").',
      },
    );
  if (!READ_FORMATS.includes(media.format))
    throw new VisionError('UNSUPPORTED_MEDIA', `this is ${media.format} (${media.mime})`);
  return media;
}

interface Failure {
  readonly bytes: Uint8Array;
  readonly media: SniffedMedia;
  readonly maxPixels: number;
  readonly header: Metadata | undefined;
}

/** The problem that a failure of libvips means. */
function problemOf(cause: unknown, { bytes, media, maxPixels, header }: Failure): unknown {
  const message = cause instanceof Error ? cause.message : String(cause);
  const size = header ? ` of ${header.width} x ${header.height} pixels` : '';
  const picture = `the ${media.format.toUpperCase()} picture${size}`;
  const pixels = header ? header.width * header.height : 0;
  if (pixels > maxPixels || /exceeds pixel limit|security limit/i.test(message))
    return new VisionError(
      'IMAGE_TOO_LARGE',
      `${picture} is too large: at most ${+(maxPixels / 1e6).toFixed(2)} million pixels are read`,
      { cause },
    );
  if (/out of memory|not allocate/i.test(message)) return cause;
  const reason = reasonIn(message);
  if (/unsupported|not configured/i.test(reason))
    return new VisionError('UNSUPPORTED_MEDIA', `${picture} is of a kind that is not read: ${reason}`, {
      cause,
    });
  return new VisionError('IMAGE_CORRUPT', `${picture} ${whereItEnds(bytes, media.format)}: ${reason}`, {
    cause,
  });
}

/** The last line that says something; libvips repeats itself and logs its seeking before it. */
function reasonIn(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => line !== '' && !line.startsWith('source: bad seek'));
  const reason = telling
    .at(-1)
    ?.replace(/^Input buffer (has corrupt header|contains unsupported image format):?\s*/, '');
  return reason ? reason.slice(0, 200) : 'the header cannot be read';
}
