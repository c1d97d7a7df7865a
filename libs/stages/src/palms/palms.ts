import { partDetector } from '../parts/part-detector.ts';

/**
 * The palms in a picture. Most are false alarms: what counts is whether the hand landmarks confirm them.
 * @example const palms = await context.stage(palms, picture, { maxItems: 100 }, { role: 'detector' });
 */
export const palms = partDetector({
  name: 'palms',
  version: 1,
  models: ['palm-detector-256'],
  // The card's figures are at this score.
  minScore: 0.5,
  points: 7,
});
