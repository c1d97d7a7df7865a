import { z } from 'zod';

// What hands and faces have in common.

/** The detectors' boxes that are looked at, whatever is asked for: most of them may turn out to be false alarms. */
export const MAX_CANDIDATES = 100;

/** Two hands or faces whose points' boxes share more than this are one that was found twice. */
export const SAME_PART_IOU = 0.5;

/** @param what "hands" or "faces", for the descriptions */
export const partParams = (what: string) =>
  z.object({
    minScore: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe(
        `Leave out ${what} below this score: the detector’s times the probability that the points’ model gives it`,
      ),
    maxItems: z.int().min(1).max(100).default(20).describe(`At most so many ${what}, the surest`),
  });
