import { describe, expect, it } from 'vitest';
import { selectClasses } from './select-classes.ts';

const classes = ['tench', 'tabby', 'tiger cat', 'Egyptian cat', 'crane', 'crane'].map((name, index) => ({
  index,
  name,
  wnid: `n0000000${index}`,
}));

describe('selectClasses', () => {
  it.each([
    [['TABBY'], [1]],
    [
      ['n00000003', '0'],
      [3, 0],
    ],
    [['crane'], [4, 5]],
  ])('%j', (wanted, indices) => expect([...selectClasses(classes, wanted, 'labels')]).toEqual(indices));
  it('names what comes near', () =>
    expect(() => selectClasses(classes, ['tabby', 'house cat'], 'exclude')).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMETER',
        errors: [{ path: 'exclude.1', message: 'unknown class "house cat"' }],
        hint: 'Did you mean: tiger cat, Egyptian cat?',
      }),
    ));
});
