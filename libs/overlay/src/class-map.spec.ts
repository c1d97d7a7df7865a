import type { ResultOf } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { classMapColours } from './class-map.ts';
import { labelColour } from './colours.ts';

const result: ResultOf<'masks'> = {
  kind: 'masks',
  classes: [
    { classId: 0, label: 'background', fraction: 0.6 },
    { classId: 8, label: 'cat', fraction: 0.3 },
    { classId: 12, label: 'dog', fraction: 0.1 },
  ],
  map: { blob: '0'.repeat(64) },
};
const view = { width: 10, height: 10 };
const hex = ([red, green, blue]: readonly number[]) =>
  `#${[red, green, blue].map((value) => value!.toString(16).padStart(2, '0')).join('')}`;

describe('classMapColours', () => {
  it('has the colours of the legend, and none for the background', () => {
    const colours = classMapColours(result, view, 0.5);
    expect([...colours.keys()]).toEqual([8, 12]);
    expect(hex(colours.get(8)!)).toBe(labelColour({ label: 'cat', classId: 8 }));
    expect(colours.get(8)![3]).toBe(128);
  });
  it('leaves hidden classes out, whatever the minimum score', () => {
    const colours = classMapColours(result, { ...view, hiddenLabels: new Set(['cat']), minScore: 0.9 });
    expect([...colours.keys()]).toEqual([12]);
  });
  it('fades all but the highlighted class', () => {
    const colours = classMapColours(result, { ...view, highlighted: 2 }, 1);
    expect(colours.get(12)![3]).toBe(255);
    expect(colours.get(8)![3]).toBeLessThan(128);
  });
});
