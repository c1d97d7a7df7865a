/**
 * A decoded picture: RGB, 8 bits, row-major, EXIF orientation applied, alpha laid over white, sRGB.
 * `rgb.length === width * height * 3`.
 */
export interface Image {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Decoded media by the media type a definition asks for; audio and video come with their applications. */
export interface DecodedMedia {
  image: Image;
  audio: never;
  video: never;
}
