import type { Collection, DuplicateGroups, RebuildReport, SearchAnswer } from '@fovea/contracts';
import { bar, fileSize, table } from '../table.ts';

const right = { align: 'right' } as const;
const score = (value: number): string => value.toFixed(4);
const BAR_COLUMNS = 24;

export function collectionTable(collections: readonly Collection[]): string[] {
  if (collections.length === 0) return [];
  return table(
    [{ title: 'collection' }, { title: 'name' }, { title: 'items', ...right }, { title: 'spaces' }],
    collections.map(({ id, name, items, spaces }) => [
      id,
      name,
      String(items),
      spaces.map(({ space }) => space.name).join(', '),
    ]),
  );
}

export function collectionLines({ id, name, items, spaces }: Collection): string[] {
  const rows = spaces.map(({ space, vectors, index, next }) => [
    space.key,
    space.models.map((model) => model.id).join(' + '),
    `${space.dimension}`,
    String(vectors),
    index ? `${index.backend} ${index.kind}, ${fileSize(index.bytes)}` : 'not in memory',
    next ? `re-embedding into ${next.space.key}: ${next.vectors} of ${items}` : '',
  ]);
  return [
    `${name}: ${items} items`,
    id,
    '',
    ...table(
      [
        { title: 'space' },
        { title: 'models' },
        { title: 'dimension', ...right },
        { title: 'vectors', ...right },
        { title: 'index' },
        {},
      ],
      rows,
    ),
  ];
}

export function matchLines({ result, searched, query, timings }: SearchAnswer): string[] {
  const { items, cutoff } = result;
  const best = items[0]?.score ?? 1;
  const how = searched.exact ? 'exactly' : `by ${searched.index}`;
  const kept = cutoff === null ? '' : `, cut-off ${score(cutoff)}`;
  return [
    ...table(
      [{ ...right }, { ...right }, {}, {}],
      items.map((item, index) => [
        String(index + 1),
        score(item.score),
        bar(best > 0 ? item.score / best : 0, BAR_COLUMNS),
        item.name ?? item.itemId,
      ]),
    ),
    `${items.length} of ${searched.items}, ${query.space.name}, searched ${how} in ${timings.searchMs.toFixed(1)} ms${kept}`,
  ];
}

export function duplicateLines({ groups, total, cutoff, searched }: DuplicateGroups): string[] {
  const lines = groups.flatMap(({ items, score: least }, index) => [
    `group ${index + 1} (${score(least)})`,
    ...items.map(({ id, name }) => `  ${id}  ${name ?? ''}`),
  ]);
  return [...lines, `${total} groups among ${searched} items, cut-off ${score(cutoff)}`];
}

export const indexLines = ({ indexes }: RebuildReport): string[] =>
  table(
    [
      { title: 'space' },
      { title: 'state' },
      { title: 'items', ...right },
      { title: 'missing', ...right },
      { title: 'surplus', ...right },
      { title: 'different', ...right },
      { title: 'index' },
    ],
    indexes.map(({ space, ok, items, missing, surplus, different, index }) => [
      space,
      ok ? 'equal' : 'NOT equal',
      ...[items, missing, surplus, different].map(String),
      `${index.backend} ${index.kind}`,
    ]),
  );
