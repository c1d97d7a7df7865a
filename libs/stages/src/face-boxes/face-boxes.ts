import { partDetector } from '../parts/part-detector.ts';

/**
 * The faces in a picture, with eyes, nose, mouth and ears.
 * @example const found = await context.stage(faceBoxes, picture, { maxItems: 100 }, { role: 'detector' });
 */
export const faceBoxes = partDetector({
  name: 'face-boxes',
  version: 1,
  models: ['blazeface-back'],
  // The card's figures are at this score.
  minScore: 0.6,
  points: 6,
});
