export { evaluateCoco } from './coco-eval/evaluate.ts';
export * from './coco-eval/types.ts';
export * from './dataset.ts';
export * from './read-dataset.ts';
