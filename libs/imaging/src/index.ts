export { colourClassMap, type ColourMapOptions } from './class-map.ts';
export {
  cropImage,
  cropRotated,
  type CropOptions,
  type RotatedBox,
  type RotatedCropOptions,
} from './crop.ts';
export {
  decodeImage,
  DEFAULT_MAX_PIXELS,
  type DecodedImage,
  type DecodeOptions,
  type ReadLimits,
} from './decode.ts';
export {
  encodeImage,
  ENCODE_FORMATS,
  thumbnail,
  type EncodedImage,
  type EncodeFormat,
  type EncodeOptions,
} from './encode.ts';
export { fitImage, FIT_MODES, type FitMode, type FitOptions } from './fit.ts';
export { renderOverlay, type OverlayOptions } from './overlay.ts';
export { openPicture, pixelsOf, type OpenedPicture } from './picture.ts';
export { encodeCutout, encodeGrey } from './planes.ts';
export type { Fitted, PadValue, RenderOptions } from './render.ts';
export { KERNELS, type Kernel } from './resample.ts';
export { sniffMedia, type SniffedMedia } from './sniff.ts';
