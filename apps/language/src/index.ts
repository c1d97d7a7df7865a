export { caption } from './caption.ts';
export { captionParams, vqaParams, type CaptionParams, type VqaParams } from './params.ts';
