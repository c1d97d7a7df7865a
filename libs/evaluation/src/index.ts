export { evaluateCoco } from './coco-eval/evaluate.ts';
export * from './coco-eval/types.ts';
export * from './dataset.ts';
export * from './read-dataset.ts';
export * from './calibration.ts';
export * from './classification.ts';
export * from './confusion-matrix.ts';
export * from './detection-matrix.ts';
export * from './voc-map.ts';
