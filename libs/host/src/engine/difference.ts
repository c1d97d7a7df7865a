import type { ReplayEnvelope, Result } from '@fovea/contracts';

type Difference = ReplayEnvelope['difference'];
/** Scores of one run on two machines may differ by float32 rounding. */
const ROUNDING = 1e-4;

interface Scored {
  readonly name: string;
  readonly score: number;
}

/** What a result says, as named scores in order. */
function scored(result: Result): Scored[] {
  switch (result.kind) {
    case 'labels':
    case 'audio-labels':
      return result.labels.map(({ label, score }) => ({ name: label, score }));
    case 'boxes':
    case 'tracks':
      return result.items.map(({ label, score }) => ({ name: label, score }));
    case 'keypoints':
      return result.items.map(({ score }, index) => ({ name: `item ${index + 1}`, score }));
    case 'masks':
      return result.classes.map(({ label, fraction }) => ({ name: label, score: fraction }));
    case 'text':
      return [{ name: result.text, score: result.score }];
    case 'matches':
      return result.items.map(({ itemId, score }) => ({ name: itemId, score }));
    case 'heatmap':
      return [{ name: result.target.label, score: result.target.score }];
    case 'vector':
      return result.values.map((score, index) => ({ name: `dimension ${index}`, score }));
    case 'image':
      return [{ name: result.blob, score: 1 }];
    case 'maps':
      return result.tiles.map(({ blob }) => ({ name: blob, score: 1 }));
  }
}

/** Compares two results of one kind: the order of names, and how far the scores of the same name moved. */
export function difference(before: Result, after: Result): Difference {
  const old = scored(before);
  const now = scored(after);
  const names = (list: Scored[]) => list.map(({ name }) => name).join('\n');
  const changes: string[] = [];
  const left = [...now];
  let maxScoreDelta: number | null = old.length === 0 || now.length === 0 ? null : 0;
  for (const { name, score } of old) {
    const at = left.findIndex((other) => other.name === name);
    const match = at < 0 ? undefined : left.splice(at, 1)[0];
    if (!match) {
      changes.push(`${name} (${score.toFixed(3)}) is no longer there`);
      continue;
    }
    const delta = Math.abs(match.score - score);
    maxScoreDelta = Math.max(maxScoreDelta ?? 0, delta);
    if (delta > ROUNDING) changes.push(`${name}: ${score.toFixed(4)} became ${match.score.toFixed(4)}`);
  }
  for (const { name, score } of left) changes.push(`${name} (${score.toFixed(3)}) is new`);
  if (changes.length === 0 && names(old) !== names(now)) changes.push('the order changed');
  return { same: changes.length === 0, maxScoreDelta, changes };
}
