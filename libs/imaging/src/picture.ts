import type { Image, Picture } from '@fovea/application';
import { decodeImage, readPicture, type DecodedImage, type DecodeOptions } from './decode.ts';
import { wholeJpegLayout } from './jpeg-layout.ts';
import { jpegOrientation } from './exif.ts';
import { runReduction, type Reduction } from './reduce.ts';

/** A picture that can be worked with, and what its file said of it. */
export type OpenedPicture = Omit<DecodedImage, 'rgb'>;

export interface OpenOptions extends DecodeOptions {
  /** Of the bytes, where it is known: what is computed from the picture can be kept under it. */
  readonly sha256?: string;
}

/**
 * A JPEG that is decoded when its pixels are needed. Most models need one small part or the whole made small: decoding
 * and shrinking in one pipeline costs less than both apart, and never holds the whole picture in memory.
 */
class LazyJpeg implements OpenedPicture {
  readonly mime = 'image/jpeg';
  readonly format = 'jpeg';
  readonly pages = 1;
  readonly orientation = 1;
  readonly width: number;
  readonly height: number;
  readonly sha256?: string;
  readonly #bytes: Uint8Array;
  readonly #options: DecodeOptions;
  #image: Promise<DecodedImage> | undefined;
  #reduced = false;

  constructor(bytes: Uint8Array, options: OpenOptions & { readonly width: number; readonly height: number }) {
    this.#bytes = bytes;
    this.#options = options;
    this.width = options.width;
    this.height = options.height;
    if (options.sha256 !== undefined) this.sha256 = options.sha256;
  }

  image(): Promise<DecodedImage> {
    this.#image ??= decodeImage(this.#bytes, this.#options);
    return this.#image;
  }

  /** The first reduction goes straight from the file; whoever needs a second one gets the decoded picture. */
  reduce(reduction: Reduction): Promise<Uint8Array> | undefined {
    if (this.#reduced || this.#image) return undefined;
    this.#reduced = true;
    const { colourManaged = true } = this.#options;
    return readPicture(this.#bytes, this.#options, {
      input: { ignoreIcc: !colourManaged },
      pipeline: (picture) => runReduction(picture, reduction),
    }).then(({ result }) => result);
  }
}

/**
 * Opens a picture for {@link fitImage}, {@link cropImage} and {@link pixelsOf}. Whole upright JPEGs are decoded when
 * they are first used, everything else at once: damage that only decoding shows may appear as late as that.
 * @param bytes a whole file, see {@link decodeImage}
 * @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA, CANCELLED
 * @example
 * const picture = await openPicture(await readFile('cat.jpg'));
 * const { rgb } = await fitImage(picture, { mode: 'stretch', width: 224, height: 224 });
 */
export async function openPicture(bytes: Uint8Array, options: OpenOptions = {}): Promise<OpenedPicture> {
  const { maxPixels = Infinity, sha256 } = options;
  const layout = bytes[0] === 0xff && bytes[1] === 0xd8 ? wholeJpegLayout(bytes) : undefined;
  const isPlain =
    layout !== undefined &&
    layout.precision === 8 &&
    (layout.components === 1 || layout.components === 3) &&
    layout.width * layout.height > 0 &&
    layout.width * layout.height <= maxPixels &&
    jpegOrientation(bytes) === 1;
  if (isPlain) return new LazyJpeg(bytes, { ...options, ...layout });
  const decoded = await decodeImage(bytes, options);
  return sha256 === undefined ? decoded : { ...decoded, sha256 };
}

const isDecoded = (picture: Picture): picture is Image => 'rgb' in picture;

/**
 * The pixels of a picture; decoded once.
 * @throws IMAGE_CORRUPT, CANCELLED
 */
export async function pixelsOf(picture: Picture): Promise<Image> {
  if (picture instanceof LazyJpeg) return picture.image();
  if (isDecoded(picture)) return picture;
  throw new TypeError('picture must come from openPicture or decodeImage, or have rgb');
}

/** The reduction straight from the file, where the picture is not decoded yet. */
export const reduceUndecoded = (picture: Picture, reduction: Reduction): Promise<Uint8Array> | undefined =>
  picture instanceof LazyJpeg ? picture.reduce(reduction) : undefined;
