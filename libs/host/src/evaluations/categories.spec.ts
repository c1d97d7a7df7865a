import { describe, expect, it } from 'vitest';
import { matchCategories, someNames, wrongCategories } from './categories.ts';

const classes = ['background', 'aeroplane', 'diningtable', 'tvmonitor', 'person'].map((name, index) => ({
  name,
  index,
}));

describe('matchCategories', () => {
  it('finds the same things under other names and numbers', () => {
    const match = matchCategories(
      [
        { id: 1, name: 'Person' },
        { id: 5, name: 'airplane' },
        { id: 67, name: 'dining table' },
        { id: 72, name: 'tv' },
        { id: 90, name: 'toothbrush' },
      ],
      classes,
    );
    expect([...match.categoryOf]).toEqual([
      [4, 1],
      [1, 5],
      [2, 67],
      [3, 72],
    ]);
    expect(match.classOf.get(72)).toEqual({ name: 'tvmonitor', index: 3 });
    expect(match.unmatched).toEqual([{ id: 90, name: 'toothbrush' }]);
  });

  it('goes by WordNet id before the name, which two classes may share', () => {
    const cranes = [
      { index: 134, name: 'crane', wnid: 'n02012849' },
      { index: 517, name: 'crane', wnid: 'n03126707' },
    ];
    expect([...matchCategories([{ id: 0, name: 'crane', wnid: 'n03126707' }], cranes).categoryOf]).toEqual([
      [517, 0],
    ]);
    expect([...matchCategories([{ id: 0, name: 'n02012849' }], cranes).categoryOf]).toEqual([[134, 0]]);
    expect(matchCategories([{ id: 0, name: 'crane' }], cranes).unmatched).toHaveLength(1);
  });

  it('takes any part of a name with synonyms, and numbers where a data set has nothing else', () => {
    const labels = [{ index: 0, name: 'tench, Tinca tinca' }];
    expect([...matchCategories([{ id: 7, name: 'tinca_tinca' }], labels).categoryOf]).toEqual([[0, 7]]);
    expect([...matchCategories([{ id: 7, name: '0' }], labels).categoryOf]).toEqual([[0, 7]]);
    // The digits of MNIST are not the first classes of ImageNet.
    expect(matchCategories([{ id: 7, name: '0' }], classes).categoryOf.size).toBe(0);
  });

  it('gives a class to one category only', () => {
    const match = matchCategories(
      [
        { id: 1, name: 'sofa' },
        { id: 2, name: 'couch' },
      ],
      [{ index: 0, name: 'sofa' }],
    );
    expect([...match.categoryOf]).toEqual([[0, 1]]);
    expect(match.unmatched).toEqual([{ id: 2, name: 'couch' }]);
  });
});

it('names the first few categories that a model does not know', () => {
  const many = Array.from({ length: 10 }, (_, id) => ({ id, name: `thing ${id}` }));
  const error = wrongCategories('lite2', many, classes);
  expect(error.code).toBe('INVALID_PARAMETER');
  expect(error.message).toMatch(/thing 7 and 2 more$/);
  expect(error.hint).toContain('background, aeroplane');
  expect(someNames(['a', 'b'])).toBe('a, b');
});
