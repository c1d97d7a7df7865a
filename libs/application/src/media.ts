/** A picture that libs/imaging can fit, crop and give the pixels of; its size as a person sees it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Of the bytes it was opened from; none for a part of a picture. */
  readonly sha256?: string;
}

/**
 * A decoded picture: RGB, 8 bits, row-major, EXIF orientation applied, alpha laid over white, sRGB.
 * `rgb.length === width * height * 3`.
 */
export interface Image extends Picture {
  readonly rgb: Uint8Array;
}

/** Opened media by the media type a definition asks for; audio and video come with their applications. */
export interface DecodedMedia {
  image: Picture;
  audio: never;
  video: never;
}
