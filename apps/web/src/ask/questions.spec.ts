import { expect, it } from 'vitest';
import { questionsAbout } from './questions.ts';

const seen = (...labels: string[]) => labels.map((label) => ({ label, score: 0.8 }));

it('asks what living things do, what colour others have, and how many there are', () => {
  expect(questionsAbout(seen('dog', 'frisbee'))).toEqual([
    'what is the dog doing?',
    'where is this?',
    'what color is the dog?',
    'what color is the frisbee?',
  ]);
  expect(questionsAbout(seen('person', 'person', 'knife', 'knife'))).toEqual([
    'what is the person doing?',
    'how many people are there?',
    'how many knives are there?',
    'where is this?',
    'what color is the knife?',
  ]);
});

it('calls people what the caption calls them', () => {
  expect(questionsAbout(seen('person'), 'A woman on a horse')[0]).toBe('what is the woman doing?');
  // No word that only holds one.
  expect(questionsAbout(seen('person'), 'a mantle')[0]).toBe('what is the person doing?');
});

it('asks nothing about what is doubtful, and at most six things', () => {
  expect(questionsAbout([{ label: 'dog', score: 0.3 }])).toEqual(questionsAbout([]));
  expect(questionsAbout([])).toContain('what is this?');
  expect(questionsAbout(seen('dog', 'cat', 'car', 'bus', 'boat', 'bird', 'cow'))).toHaveLength(6);
});
