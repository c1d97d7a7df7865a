import { defineOperation, type CollectionRow, type ItemRow, type ResourceContext } from '@fovea/application';
import { SearchAnswer, SearchRequest, VisionError } from '@fovea/contracts';
import { spaceKey } from '@fovea/stages';
import { toSpace } from './answers.ts';
import { searchCutoff } from './cutoffs.ts';
import { diversify } from './diversity.ts';
import { explain } from './explain.ts';
import { needCollection, refOf } from './need.ts';
import { readQuery, type Query } from './query.ts';

/** Candidates that a diverse answer is chosen from. */
const POOL_FACTOR = 4;
const MIN_POOL = 50;

interface Hit {
  readonly ordinal: number;
  readonly score: number;
}

export const search = defineOperation({
  name: 'search',
  method: 'POST',
  path: '/{id}/search',
  summary: 'Search a collection by text, by picture, by item, by stored run or by vector',
  description:
    'Several parts are averaged; those of `minus` are taken away ("this minus that"). An item that is searched with is no ' +
    'answer itself. Where nothing is found, `note` says why.',
  files: ['image', 'minus'],
  body: SearchRequest,
  answer: SearchAnswer,
  problems: [
    'INVALID_REQUEST',
    'INVALID_PARAMETER',
    'NOT_FOUND',
    'IMAGE_CORRUPT',
    'IMAGE_TOO_LARGE',
    'UNSUPPORTED_MEDIA',
    'PAYLOAD_TOO_LARGE',
    'URL_REFUSED',
    'QUEUE_FULL',
    'MODEL_MISSING',
    'MODEL_FAILED',
    'MODEL_CHANGED',
    'CATALOG_UNAVAILABLE',
  ],
  async run(context, { path, body, files }) {
    const start = performance.now();
    const { collections, owner, signal } = context;
    const { k, minScore, diversity, filter } = body;
    const collection = await needCollection(context, path['id']);
    const query = await readQuery(context, collection, { request: body, files });
    const { chosen, vector, kind, named } = query;
    const cutoff = cutoffOf(query, minScore);
    const embedded = performance.now();

    const only = filter && (await collections.matching(owner, collection.id, filter));
    const pool = diversity > 0 ? Math.max(POOL_FACTOR * k, MIN_POOL) : k;
    const found = await context.vectors.search(refOf(collection, chosen.space), vector, {
      k: pool + named.length,
      signal,
      ...(only ? { only } : {}),
    });
    const hits = found.hits.filter(({ ordinal }) => !named.includes(ordinal));
    const good = hits.filter(({ score }) => cutoff === null || score >= cutoff);
    const best =
      diversity > 0
        ? await diverse(context, collection, { query, hits: good, k, diversity })
        : good.slice(0, k);
    const items = await itemsOf(context, collection, best);
    const searched = performance.now();

    const wanted = items.slice(0, body.explain).map(({ item }) => item);
    const explained = await explain(context, collection.id, { query, matches: wanted });
    const inSpace = chosen.isNext ? (chosen.row.next?.vectors ?? 0) : chosen.row.vectors;
    const nothing =
      items.length > 0
        ? undefined
        : whyNothing({ collection, query, inSpace, only: only?.length, cutoff, best: hits[0]?.score });
    const note = [query.note, nothing, body.explain > 0 ? explained.note : undefined]
      .filter(Boolean)
      .join(' ');
    return {
      result: {
        kind: 'matches' as const,
        items: items.map(({ item, score }) => ({
          itemId: item.id,
          name: item.name,
          score: Math.max(-1, Math.min(1, score)),
          blob: item.sha256,
          metadata: item.metadata,
        })),
        cutoff,
      },
      query: {
        space: toSpace(chosen.space),
        kind,
        k,
        ...(query.text === undefined ? {} : { text: query.text, truncated: query.isTruncated }),
      },
      searched: { items: only?.length ?? inSpace, exact: found.exact, index: found.info.kind },
      ...(note ? { note } : {}),
      ...(body.explain > 0 ? { attachments: [...explained.attachments] } : {}),
      timings: {
        embedMs: embedded - start,
        searchMs: searched - embedded,
        totalMs: performance.now() - start,
      },
    };
  },
});

/** @throws INVALID_PARAMETER */
function cutoffOf({ kind, chosen, models }: Query, minScore: SearchRequest['minScore']): number | null {
  if (minScore !== 'auto') return minScore ?? null;
  if (kind === 'vector' || kind === 'mixed')
    throw new VisionError(
      'INVALID_PARAMETER',
      `minScore: auto is known for texts and for pictures, not for ${kind === 'mixed' ? 'a mixture of them' : 'vectors'}`,
      { hint: 'Send a number, or leave minScore out.' },
    );
  const { encoder, projection } = models ?? {};
  const calibrated = [projection, encoder].filter((model) => model !== undefined);
  return searchCutoff(calibrated, { space: chosen.row.name, query: kind });
}

async function diverse(
  { collections, owner }: ResourceContext,
  collection: CollectionRow,
  options: { query: Query; hits: readonly Hit[]; k: number; diversity: number },
): Promise<Hit[]> {
  const { query, hits, k, diversity } = options;
  const vectors = await collections.vectors(owner, collection.id, {
    spaceId: query.chosen.space.id,
    ordinals: hits.map(({ ordinal }) => ordinal),
  });
  // One without a vector was deleted a moment ago.
  const candidates = hits.flatMap((hit, index) => {
    const vector = vectors[index];
    return vector ? [{ ...hit, vector }] : [];
  });
  return diversify(candidates, { k, diversity });
}

/** The items of hits, in their order; those deleted a moment ago are left out. */
async function itemsOf(
  { collections, owner }: ResourceContext,
  collection: CollectionRow,
  hits: readonly Hit[],
): Promise<{ item: ItemRow; score: number }[]> {
  const rows = await collections.itemsByOrdinal(
    owner,
    collection.id,
    hits.map(({ ordinal }) => ordinal),
  );
  const byOrdinal = new Map(rows.map((item) => [item.ordinal, item]));
  return hits.flatMap(({ ordinal, score }) => {
    const item = byOrdinal.get(ordinal);
    return item ? [{ item, score }] : [];
  });
}

function whyNothing(facts: {
  collection: CollectionRow;
  query: Query;
  inSpace: number;
  only: number | undefined;
  cutoff: number | null;
  best: number | undefined;
}): string {
  const { collection, query, inSpace, only, cutoff, best } = facts;
  if (collection.items === 0) return 'The collection is empty: add pictures first.';
  if (only === 0) return 'The filter finds no item.';
  if (inSpace === 0) return `Every picture still waits to be embedded in ${spaceKey(query.chosen.space)}.`;
  if (best !== undefined && cutoff !== null)
    return `The best score, ${best.toFixed(2)}, is under the cut-off ${cutoff.toFixed(2)}.`;
  if (query.named.length > 0) return 'There is nothing but the items that are searched with.';
  return 'Nothing could be compared: pictures were added or deleted at this moment.';
}
