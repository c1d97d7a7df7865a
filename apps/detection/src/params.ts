import { z } from 'zod';

const classNames = z.array(z.string().min(1).max(100)).min(1).max(1000).optional();

/** Parameters that every task of this folder has which begins with a detector. */
export const detectionParams = {
  minScore: z.number().min(0).max(1).default(0.3).describe('Leave out objects below this score'),
  maxItems: z.int().min(1).max(1000).default(100).describe('At most so many objects, the best'),
  classes: classNames.describe('Only these classes: index or name'),
  exclude: classNames.describe('Not these classes: index or name'),
  nms: z
    .number()
    .min(0)
    .max(1)
    .default(0.6)
    .describe('Non-maximum suppression: drop a box that shares more than this (IoU) with a better one'),
  classAware: z
    .boolean()
    .default(true)
    .describe('Drop boxes only in favour of the same class; false: of any class'),
  tiles: z
    .int()
    .min(64)
    .max(4096)
    .optional()
    .describe(
      'For small objects in large pictures: look at tiles of this side, in pixels, as well as at the whole (640 is a good start); left out: the whole at once',
    ),
  tileOverlap: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe('How much neighbouring tiles share, of a side'),
};
