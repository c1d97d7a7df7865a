import type { IndexRef, VectorSource } from '@fovea/application';
import type { IndexReport } from '@fovea/contracts';
import { vectorNumbers, type State, type Statements } from './statements.ts';

const CHANGES_AT_ONCE = 1000;
/** Rows that are read at once. */
const ROWS_AT_ONCE = 1000;

type Difference = Pick<IndexReport, 'items' | 'missing' | 'surplus' | 'different'>;

/**
 * A table of vectors against Postgres' own, bit by bit. What changes while they are read is left out on either side.
 * @returns null where that is no longer listed: compare again
 * @throws the database's error where the table is replaced meanwhile
 */
export async function compare(
  ref: IndexRef,
  begun: State,
  { source, statements }: { source: VectorSource; statements: Statements },
): Promise<Difference | null> {
  const { collectionId, spaceId, dimension } = ref;
  const lists = { missing: [] as number[], surplus: [] as number[], different: [] as number[] };
  let items = 0;
  let revision = begun.revision;
  let last = -1;
  for await (const piece of source.all(collectionId, spaceId)) {
    ({ revision } = piece);
    for (let from = 0; from < piece.ordinals.length; from += ROWS_AT_ONCE) {
      const ordinals = piece.ordinals.subarray(from, from + ROWS_AT_ONCE);
      items += ordinals.length;
      const held = await read(statements, begun.table, { after: last, upTo: ordinals.at(-1) as number });
      last = ordinals.at(-1) as number;
      for (const [row, ordinal] of ordinals.entries()) {
        const vector = held.get(ordinal);
        const start = (from + row) * dimension;
        if (!vector) lists.missing.push(ordinal);
        else if (!isEqual(vector, piece.vectors.subarray(start, start + dimension)))
          lists.different.push(ordinal);
        held.delete(ordinal);
      }
      lists.surplus.push(...held.keys());
    }
  }
  const beyond = await statements.rows<{ ordinal: number }>(
    `SELECT ordinal FROM fovea_vectors.${begun.table} WHERE ordinal > $1`,
    [last],
  );
  for (const { ordinal } of beyond) lists.surplus.push(ordinal);
  const now = await statements.state(ref);
  if (now?.table !== begun.table) return null;
  const from = Math.min(begun.revision, revision);
  const excused = await changedSince(source, ref, { from, to: Math.max(now.revision, revision) });
  if (!excused) return null;
  const count = (list: number[]) => list.filter((ordinal) => !excused.has(ordinal)).length;
  return {
    items,
    missing: count(lists.missing),
    surplus: count(lists.surplus),
    different: count(lists.different),
  };
}

async function read(statements: Statements, table: string, range: { after: number; upTo: number }) {
  const rows = await statements.rows<{ ordinal: number; sent: Uint8Array }>(
    `SELECT ordinal, vector_send(vector) AS sent FROM fovea_vectors.${table} WHERE ordinal > $1 AND ordinal <= $2`,
    [range.after, range.upTo],
  );
  return new Map(rows.map(({ ordinal, sent }) => [ordinal, vectorNumbers(sent)]));
}

const isEqual = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

/** Ordinals added or removed between two revisions; null where that is no longer listed. */
async function changedSince(
  source: VectorSource,
  { collectionId, spaceId }: IndexRef,
  { from, to }: { from: number; to: number },
): Promise<Set<number> | null> {
  const changed = new Set<number>();
  for (let after = from; after < to;) {
    const changes = await source.changes(collectionId, { spaceId, after, limit: CHANGES_AT_ONCE });
    if (!changes || changes.upTo <= after) return null;
    for (const { ordinal } of changes.added) changed.add(ordinal);
    for (const ordinal of changes.removed) changed.add(ordinal);
    after = changes.upTo;
  }
  return changed;
}
