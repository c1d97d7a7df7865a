export { caption } from './caption.ts';
export { vqa } from './vqa.ts';
export { captionParams, vqaParams, type CaptionParams, type VqaParams } from './params.ts';
