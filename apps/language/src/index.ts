export { captionParams, vqaParams, type CaptionParams, type VqaParams } from './params.ts';
