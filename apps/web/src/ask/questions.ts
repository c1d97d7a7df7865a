import type { ResultOf } from '@fovea/contracts';
import pluralize from 'pluralize';

/** Boxes below it are doubtful: nobody wants to ask about what is not there. */
const SURE = 0.4;
const MOST = 6;
const PEOPLE = ['man', 'woman', 'boy', 'girl', 'child', 'baby', 'player'];
/** What does something: the others only have a colour. */
const ANIMALS = new Set(
  'bird cat dog horse sheep cow elephant bear zebra giraffe'.split(' ').concat('person', ...PEOPLE),
);

/**
 * Typical questions about a picture, of the kinds that the model was trained on, the most telling first.
 * @param items what a detector saw
 * @param caption a sentence about the picture, which may know better who a person is
 * @example questionsAbout([{ label: 'dog', score: 0.8, … }])   // ['what is the dog doing?', 'what color is the dog?', …]
 */
export function questionsAbout(
  items: readonly Pick<ResultOf<'boxes'>['items'][number], 'label' | 'score'>[],
  caption = '',
): string[] {
  const counts = new Map<string, number>();
  for (const { label, score } of items) if (score >= SURE) counts.set(label, (counts.get(label) ?? 0) + 1);
  const words = new Set(caption.toLowerCase().split(/\W+/));
  const things = [...counts].map(([label, count]) => ({
    noun: (label === 'person' && PEOPLE.find((word) => words.has(word))) || label,
    label,
    count,
  }));
  const doing = things
    .filter(({ noun }) => ANIMALS.has(noun))
    .map(({ noun }) => `what is the ${noun} doing?`);
  const colours = things
    .filter(({ label }) => label !== 'person')
    .map(({ noun }) => `what color is the ${noun}?`);
  const many = things
    .filter(({ count }) => count > 1)
    .map(({ label }) => `how many ${pluralize(label)} are there?`);
  const [first, ...rest] = [...doing, ...colours];
  const general =
    things.length > 0 ? ['where is this?'] : ['what is this?', 'where is this?', 'is there a person?'];
  return [...(first ? [first] : []), ...many, ...general, ...rest].slice(0, MOST);
}
