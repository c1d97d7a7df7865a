export { detection } from './detection.ts';
export { segmentation } from './segmentation.ts';
export { semanticSegmentation } from './semantic-segmentation.ts';
