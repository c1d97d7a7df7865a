import { assertUnreachable, type Result } from '@fovea/contracts';
import { bar, percent, type Column } from './table.ts';

export interface ResultTable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** Said instead of an empty table. */
  readonly empty: string;
}

const BAR_COLUMNS = 24;
const right = { align: 'right' } as const;
const number = (value: number): string => String(Math.round(value * 10) / 10);
const scored = (items: readonly { label: string; score: number }[]) =>
  items.map(({ label, score }) => [label, percent(score), bar(score, BAR_COLUMNS)]);

/** A result as rows for people, one case a kind. */
export function resultTable(result: Result): ResultTable {
  switch (result.kind) {
    case 'labels':
      return {
        columns: [{}, right, {}],
        rows: scored(result.labels),
        empty: 'no label scores above minScore',
      };
    case 'audio-labels':
      return { columns: [{}, right, {}], rows: scored(result.labels), empty: 'no label' };
    case 'boxes':
      return {
        columns: [{ title: 'label' }, { title: 'score', ...right }, ...boxColumns],
        rows: result.items.map(({ label, score, box }) => [label, percent(score), ...boxCells(box)]),
        empty: 'nothing found',
      };
    case 'masks':
      return {
        columns: [{}, right, {}],
        rows: scored(result.classes.map(({ label, fraction }) => ({ label, score: fraction }))),
        empty: 'no class covers the picture',
      };
    case 'keypoints':
      return {
        columns: [
          { title: result.skeleton },
          { title: 'score', ...right },
          { title: 'points', ...right },
          ...boxColumns,
        ],
        rows: result.items.map(({ score, box, keypoints, handedness }, at) => [
          handedness ?? String(at + 1),
          percent(score),
          String(keypoints.length),
          ...boxCells(box),
        ]),
        empty: 'nobody found',
      };
    case 'image':
      return facts({ picture: `${result.width} × ${result.height} ${result.mime}`, blob: result.blob });
    case 'text':
      return {
        columns: [{}, right],
        rows: [result, ...result.alternatives].map(({ text, score }) => [text, percent(score)]),
        empty: 'no answer',
      };
    case 'matches':
      return {
        columns: [{ title: 'item' }, { title: 'similarity', ...right }],
        rows: result.items.map(({ itemId, score }) => [itemId, score.toFixed(3)]),
        empty: 'nothing similar',
      };
    case 'tracks':
      return {
        columns: [
          { title: 'track', ...right },
          { title: 'label' },
          { title: 'score', ...right },
          { title: 'state' },
          ...boxColumns,
        ],
        rows: result.items.map(({ trackId, label, score, state, box }) => [
          String(trackId),
          label,
          percent(score),
          state,
          ...boxCells(box),
        ]),
        empty: 'nothing tracked',
      };
    case 'heatmap':
      return facts({
        method: result.method,
        target: `${result.target.label} ${percent(result.target.score)}`,
        blob: result.blob,
      });
    case 'vector':
      return facts({
        space: result.space,
        dimensions: String(result.values.length),
        values: `${result.values
          .slice(0, 6)
          .map((value) => value.toFixed(4))
          .join(', ')}${result.values.length > 6 ? ', …' : ''}`,
      });
    case 'maps':
      return facts({
        layer: result.layer,
        shape: result.shape.join(' × '),
        maps: String(result.tiles.length),
      });
    default:
      return assertUnreachable(result);
  }
}

/** A result in a few words, for one row among many. */
export function resultSummary(result: Result): string {
  switch (result.kind) {
    case 'labels':
    case 'audio-labels':
      return (
        result.labels
          .slice(0, 3)
          .map(({ label, score }) => `${label} ${percent(score)}`)
          .join(' · ') || 'no label'
      );
    case 'boxes':
    case 'tracks':
      return counted(result.items.map((item) => item.label)) || 'nothing';
    case 'masks':
      return (
        result.classes
          .slice(0, 3)
          .map(({ label, fraction }) => `${label} ${percent(fraction)}`)
          .join(' · ') || 'nothing'
      );
    case 'keypoints':
      return `${result.items.length} × ${result.skeleton}`;
    case 'image':
      return `${result.width} × ${result.height}`;
    case 'text':
      return `${result.text} (${percent(result.score)})`;
    case 'matches':
      return `${result.items.length} matches`;
    case 'heatmap':
      return `${result.method} of ${result.target.label}`;
    case 'vector':
      return `${result.values.length} values in ${result.space}`;
    case 'maps':
      return `${result.tiles.length} maps of ${result.layer}`;
    default:
      return assertUnreachable(result);
  }
}

const boxColumns: readonly Column[] = ['x', 'y', 'width', 'height'].map((title) => ({ title, ...right }));
const boxCells = (box: { x: number; y: number; width: number; height: number }): string[] =>
  [box.x, box.y, box.width, box.height].map(number);
const facts = (rows: Record<string, string>): ResultTable => ({
  columns: [{}, {}],
  rows: Object.entries(rows),
  empty: '',
});

/** `3 person · 1 dog`, the most frequent first. */
function counted(labels: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([label, count]) => `${count} ${label}`)
    .join(' · ');
}
