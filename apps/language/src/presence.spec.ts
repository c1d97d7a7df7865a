import { describe, expect, it } from 'vitest';
import { detectedScore, presenceOf } from './presence.ts';

const known = new Set(['person', 'dog', 'couch']);
const found = [
  { label: 'dog', score: 0.3 },
  { label: 'dog', score: 0.7 },
  { label: 'person', score: 0.1 },
];

describe('presence', () => {
  it('is the best box of a thing that the detector knows, by its everyday names too', () => {
    expect(detectedScore('dog', found, known)).toBe(0.7);
    expect(detectedScore('puppy', found, known)).toBe(0.7);
    expect(detectedScore('woman', found, known)).toBe(0.1);
    expect(detectedScore('sofa', found, known)).toBe(0);
    expect(detectedScore('tree', found, known)).toBeUndefined();
  });

  it('asks the detector first, then yes against no', () => {
    expect(presenceOf(0.7)).toEqual({ present: true, score: 0.7 });
    expect(presenceOf(0.1)).toEqual({ present: false, score: 0.1 });
    const answers = (yes: number, no: number) => [
      { text: 'no', score: no },
      { text: 'yes', score: yes },
    ];
    expect(presenceOf(undefined, answers(0.6, 0.2))).toEqual({ present: true, score: 0.6 / 0.8 });
    expect(presenceOf(undefined, answers(0.1, 0.3)).present).toBe(false);
    expect(presenceOf(undefined)).toEqual({ present: false, score: 0 });
  });
});
