import { assertUnreachable, type Result, type ResultOf } from '@fovea/contracts';
import { isPaintedClass } from '@fovea/overlay';

/** A result in a few words: what a card, a strip and a screen reader say. */
export interface Headline {
  readonly text: string;
  /** 0..1, where one number says how sure the model is. */
  readonly score: number | undefined;
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** "person 3, dog": the labels of found things, most frequent first. */
function tally(items: readonly { label: string }[]): string {
  const counts = new Map<string, number>();
  for (const { label } of items) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([label, n]) => (n > 1 ? `${label} ${n}` : label))
    .join(', ');
}

/** "person, bottle": the classes of a map but for what stands for everything else. */
const painted = ({ classes }: ResultOf<'masks'>): string =>
  classes
    .map(({ label }) => label)
    .filter(isPaintedClass)
    .join(', ');

export function headline(result: Result): Headline {
  switch (result.kind) {
    case 'labels':
    case 'audio-labels': {
      const best = result.labels[0];
      return { text: best?.label ?? 'No label', score: best?.score };
    }
    case 'boxes':
    case 'tracks':
      return { text: tally(result.items) || 'Nothing found', score: undefined };
    case 'masks':
      return {
        text: painted(result) || 'Nothing found',
        score: undefined,
      };
    case 'keypoints':
      return {
        text: count(
          result.items.length,
          result.skeleton === 'coco17' ? 'person' : result.skeleton === 'hand21' ? 'hand' : 'face',
          result.skeleton === 'coco17' ? 'people' : undefined,
        ),
        score: undefined,
      };
    case 'image':
      return { text: `Picture, ${result.width} × ${result.height}`, score: undefined };
    case 'text':
      return {
        text: [result.answers?.[0]?.question, result.text].filter(Boolean).join(' '),
        score: result.score,
      };
    case 'matches':
      return { text: count(result.items.length, 'match', 'matches'), score: undefined };
    case 'heatmap':
      return { text: `${result.method}: ${result.target.label}`, score: result.target.score };
    case 'vector':
      return { text: `${result.values.length} numbers, ${result.space}`, score: undefined };
    case 'maps':
      return { text: count(result.tiles.length, 'map'), score: undefined };
    default:
      return assertUnreachable(result);
  }
}
