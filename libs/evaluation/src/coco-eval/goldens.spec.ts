import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CASES, cocoCase } from '../../test/coco-cases.ts';
import { evaluateCoco } from './evaluate.ts';
import { BOX_FIGURES, KEYPOINT_FIGURES, type CocoType } from './types.ts';

// Made by test/coco-goldens.py; test/README.md says how.
interface Golden {
  readonly type: CocoType;
  readonly stats: readonly number[];
  readonly checksums: readonly [number, number, number];
}
const goldens = JSON.parse(
  readFileSync(new URL('../../test/coco-random-goldens.json', import.meta.url), 'utf8'),
) as { cases: readonly Golden[] };

const checksum = (values: Float64Array) =>
  values.reduce((sum, value, i) => sum + (value * (((i * 7919) % 1009) + 1)) / 1009, 0);

describe('200 random cases equal pycocotools', () => {
  it.each(goldens.cases.map((golden, i) => [i, golden.type, golden] as const))(
    'case %i, %s',
    async (index, type, golden) => {
      const { input, ...options } = cocoCase(index);
      const { stats, arrays } = await evaluateCoco(input, options);
      expect(options.type).toBe(type);
      const names = type === 'keypoints' ? KEYPOINT_FIGURES : BOX_FIGURES;
      expect(Object.keys(stats)).toEqual(names);
      Object.values(stats).forEach((value, i) => {
        expect(Math.abs((value ?? -1) - golden.stats[i]!), names[i]).toBeLessThan(1e-6);
      });
      const sums = [arrays.precision, arrays.scores, arrays.recall].map(checksum);
      sums.forEach((sum, i) => {
        expect(Math.abs(sum - golden.checksums[i]!), `array ${i}`).toBeLessThan(1e-6);
      });
    },
  );
  it('are all there', () => {
    expect(goldens.cases).toHaveLength(CASES);
  });
});
