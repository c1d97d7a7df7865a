import type { CollectionRow, OpenedFile, ResourceContext, SentFile } from '@fovea/application';
import { VisionError, type QUERY_KINDS, type QueryPart, type SearchRequest } from '@fovea/contracts';
import { embedTexts, spaceKey } from '@fovea/stages';
import { combine, unitVector } from './combine.ts';
import { vectorsOf } from './embed.ts';
import { currentModels, sameModels, textModels, type SpaceModels } from './models.ts';
import { chooseSpace, needItem, type ChosenSpace } from './need.ts';
import { renewSpace } from './re-embed.ts';

export type QueryKind = (typeof QUERY_KINDS)[number];
type Part = Exclude<QueryPart, { image: unknown }> | { readonly image: () => Promise<SentFile> };

/** What a search asks for, as a direction in a space. */
export interface Query {
  readonly chosen: ChosenSpace;
  /** Of the pictures of the space; null: they are gone, and only what is stored can be compared. */
  readonly models: SpaceModels | null;
  readonly vector: Float32Array;
  readonly kind: QueryKind;
  readonly text: string | undefined;
  readonly isTruncated: boolean;
  /** Ordinals of items that the query names: they are no answer. */
  readonly named: readonly number[];
  /** The one picture that is searched with. */
  readonly picture: (() => Promise<OpenedFile>) | undefined;
  readonly note: string | undefined;
}

/**
 * Reads a query: every part becomes a unit vector of one space; those wanted are averaged, the others taken away.
 * @throws INVALID_REQUEST, INVALID_PARAMETER, NOT_FOUND, IMAGE_CORRUPT and what else reading pictures throws, MODEL_MISSING
 */
export async function readQuery(
  context: ResourceContext,
  collection: CollectionRow,
  { request, files }: { request: SearchRequest; files: readonly SentFile[] },
): Promise<Query> {
  const { plus, minus } = partsOf(context, request, files);
  const parts = [...plus, ...minus];
  if (plus.length === 0)
    throw new VisionError('INVALID_PARAMETER', 'there is nothing to search for', {
      hint: 'Send a text, a picture, an itemId, a run or a vector; see /docs.',
    });
  const wanted = spaceOfParts(collection, parts, request.space);
  const { chosen, models, note } = await answering(context, collection, { chosen: wanted, parts });
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const read = texts.length > 0 ? await embedTexts(context, texts, textModels(context)) : undefined;
  const textVectors = new Map(texts.map((text, index) => [text, read?.vectors[index] as Float32Array]));
  const found: Found[] = [];
  for (const part of parts)
    found.push(await find(context, { collection, chosen, models, part, textVectors }));

  const [only] = found;
  return {
    chosen,
    models,
    vector: combine(
      found.slice(0, plus.length).map(({ vector }) => vector),
      found.slice(plus.length).map(({ vector }) => vector),
    ),
    kind: kindOf(parts),
    text:
      texts.length > 0 ? plus.flatMap((part) => ('text' in part ? [part.text] : [])).join(', ') : undefined,
    isTruncated: read?.truncated.some(Boolean) ?? false,
    named: found.flatMap(({ ordinal }) => (ordinal === undefined ? [] : [ordinal])),
    picture: parts.length === 1 ? only?.picture : undefined,
    note,
  };
}

function partsOf(
  context: Pick<ResourceContext, 'fetch'>,
  request: SearchRequest,
  files: readonly SentFile[],
): { plus: Part[]; minus: Part[] } {
  const { text, itemId, run, vector, image, query = [], minus = [] } = request;
  const toPart = (part: QueryPart): Part =>
    'image' in part ? { image: () => context.fetch(part.image) } : part;
  const sent = (field: string): Part[] =>
    files.filter((file) => file.field === field).map((file) => ({ image: () => Promise.resolve(file) }));
  const top: QueryPart[] = [
    ...(text === undefined ? [] : [{ text }]),
    ...(itemId === undefined ? [] : [{ itemId }]),
    ...(run === undefined ? [] : [{ run }]),
    ...(vector === undefined ? [] : [{ vector }]),
    ...(image === undefined ? [] : [{ image }]),
  ];
  return {
    plus: [...[...top, ...query].map(toPart), ...sent('image')],
    minus: [...minus.map(toPart), ...sent('minus')],
  };
}

function kindOf(parts: readonly Part[]): QueryKind {
  const kinds = new Set(
    parts.map((part): QueryKind => ('text' in part ? 'text' : 'vector' in part ? 'vector' : 'picture')),
  );
  const [kind = 'mixed'] = kinds;
  return kinds.size === 1 ? kind : 'mixed';
}

/** @throws INVALID_PARAMETER */
function spaceOfParts(
  collection: CollectionRow,
  parts: readonly Part[],
  named: string | undefined,
): ChosenSpace {
  const hasText = parts.some((part) => 'text' in part);
  const has = (name: string) => collection.spaces.some((row) => row.name === name);
  const usual = hasText ? 'cross-modal' : has('visual') ? 'visual' : (collection.spaces[0]?.name ?? 'visual');
  const chosen = chooseSpace(collection, named ?? usual);
  if (hasText && chosen.row.name !== 'cross-modal')
    throw new VisionError(
      'INVALID_PARAMETER',
      `space: a text has no vector in the space ${chosen.row.name}`,
      {
        hint: has('cross-modal')
          ? 'Leave space out, or choose cross-modal.'
          : 'Make a collection with the space cross-modal to search by text.',
      },
    );
  return chosen;
}

/**
 * The space that can answer: the one chosen, or where its models were replaced the one that takes its place, as far as it
 * is embedded.
 */
async function answering(
  context: ResourceContext,
  collection: CollectionRow,
  { chosen, parts }: { chosen: ChosenSpace; parts: readonly Part[] },
): Promise<{ chosen: ChosenSpace; models: SpaceModels | null; note?: string }> {
  const models = sameModels(context, chosen.space);
  const needsModels = parts.some((part) => !('vector' in part || 'itemId' in part));
  if (chosen.isNext) return { chosen, models, note: soFar(collection, chosen) };
  if (models || !needsModels) return { chosen, models };

  const coming = chosen.row.next && sameModels(context, chosen.row.next.space);
  const row = coming
    ? chosen.row
    : (
        await renewSpace(context, collection, {
          row: chosen.row,
          models: currentModels(context, chosen.row.next?.space ?? chosen.space),
        })
      ).spaces.find(({ name }) => name === chosen.row.name);
  if (!row?.next) throw new VisionError('CONFLICT', `the space ${chosen.row.name} changes at this moment`);
  const next: ChosenSpace = { row, space: row.next.space, isNext: true };
  return { chosen: next, models: sameModels(context, next.space), note: soFar(collection, next) };
}

const soFar = (collection: CollectionRow, { row, space }: ChosenSpace): string =>
  `${row.next?.vectors ?? 0} of ${collection.items} pictures are embedded in ${spaceKey(space)} so far.`;

interface Found {
  readonly vector: Float32Array;
  readonly ordinal?: number;
  readonly picture?: () => Promise<OpenedFile>;
}

/** The vector of one part. */
async function find(
  context: ResourceContext,
  options: {
    collection: CollectionRow;
    chosen: ChosenSpace;
    models: SpaceModels | null;
    part: Part;
    textVectors: ReadonlyMap<string, Float32Array>;
  },
): Promise<Found> {
  const { collection, chosen, models, part, textVectors } = options;
  const { space } = chosen;
  if ('text' in part) return { vector: textVectors.get(part.text) as Float32Array };
  if ('vector' in part)
    return { vector: unitVector(part.vector, { key: spaceKey(space), dimension: space.dimension }) };

  const embed = async (picture: () => Promise<OpenedFile>): Promise<Found> => {
    if (!models)
      throw new VisionError('MODEL_CHANGED', `the models of ${spaceKey(space)} are gone or were replaced`, {
        hint: 'Search without naming the version of the space.',
      });
    const target = { spaceId: space.id, models };
    const vectors = await vectorsOf(context, await picture(), [target]);
    return { vector: vectors[space.id] as Float32Array, picture };
  };
  const opened = async (sha256: string) => context.openImage(await context.blobs.read(sha256));
  if ('image' in part) {
    const { bytes } = await part.image();
    return embed(() => context.openImage(bytes));
  }
  if ('run' in part) {
    const { sha256 } = await context.runPicture(part.run);
    return embed(() => opened(sha256));
  }
  const { ordinal, sha256 } = await needItem(context, collection, part.itemId);
  const [stored] = await context.collections.vectors(context.owner, collection.id, {
    spaceId: space.id,
    ordinals: [ordinal],
  });
  const picture = () => opened(sha256);
  return { ...(stored ? { vector: stored, picture } : await embed(picture)), ordinal };
}
