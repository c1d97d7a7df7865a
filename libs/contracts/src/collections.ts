import { z } from 'zod';
import { Problem } from './errors.ts';
import { MatchesResult, Sha256 } from './results.ts';
import { Attachment, InputSource, ModelUse } from './runs.ts';

/** What vectors of a picture mean: how it looks, or what it shows in the same space as texts. */
export const SPACE_NAMES = ['visual', 'cross-modal'] as const;
export type SpaceName = (typeof SPACE_NAMES)[number];

/** A versioned embedding space: vectors of two spaces are never compared. */
export const EmbeddingSpace = z
  .object({
    id: z.uuid(),
    name: z.enum(SPACE_NAMES),
    key: z
      .string()
      .describe('name and fingerprint, such as visual:3f9a0c…: as in the result of the task embedding'),
    dimension: z.int().min(1),
    metric: z.literal('cosine'),
    version: z.int().min(1).describe('of the preprocessing'),
    models: z.array(ModelUse).describe('the models of the picture side, the encoder first'),
  })
  .meta({ id: 'EmbeddingSpace' });
export type EmbeddingSpace = z.infer<typeof EmbeddingSpace>;

export const INDEX_KINDS = ['empty', 'flat', 'hnsw', 'ivf', 'ivf-pq', 'pgvector'] as const;
export const VECTOR_BACKENDS = ['faiss', 'exact', 'pgvector'] as const;
/** The index of one space of a collection: a derived file that can be made again from Postgres at any time. */
export const IndexInfo = z
  .object({
    backend: z.enum(VECTOR_BACKENDS),
    kind: z.enum(INDEX_KINDS),
    items: z.int().min(0).describe('vectors in the index, those that wait to be built in included'),
    pending: z.int().min(0).describe('of them not built in yet: searched exactly, one by one'),
    deleted: z.int().min(0).describe('built in, but deleted since: skipped, and gone after the next build'),
    bytes: z.int().min(0).describe('memory of the index'),
    builtAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'IndexInfo' });
export type IndexInfo = z.infer<typeof IndexInfo>;

export const CollectionSpace = z.object({
  space: EmbeddingSpace,
  vectors: z.int().min(0),
  index: IndexInfo.nullable().describe('null until the first search'),
  next: z
    .object({
      space: EmbeddingSpace,
      vectors: z.int().min(0),
      job: z.string().nullable().describe('the job that embeds again'),
    })
    .nullable()
    .describe('the space that takes over when every picture is embedded in it'),
});

export const Collection = z
  .object({
    id: z.uuid(),
    name: z.string(),
    items: z.int().min(0),
    spaces: z.array(CollectionSpace),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    links: z.object({ self: z.string(), items: z.string() }),
  })
  .meta({ id: 'Collection' });
export type Collection = z.infer<typeof Collection>;
export const CollectionPage = z
  .object({ items: z.array(Collection), nextCursor: z.string().nullable() })
  .meta({ id: 'CollectionPage' });
export type CollectionPage = z.infer<typeof CollectionPage>;

const CollectionName = z.string().trim().min(1).max(200);
const SpaceModels = z
  .partialRecord(z.enum(SPACE_NAMES), z.string())
  .describe('the encoder of a space, such as {"visual": "efficientnet-lite2"}');
/** Body of `POST /v1/collections`. */
export const CollectionRequest = z
  .strictObject({
    name: CollectionName.describe('in any script; one of a name'),
    spaces: z.array(z.enum(SPACE_NAMES)).min(1).max(SPACE_NAMES.length).optional().describe('default: both'),
    models: SpaceModels.optional(),
  })
  .meta({ id: 'CollectionRequest' });
export type CollectionRequest = z.infer<typeof CollectionRequest>;
/** Body of `PATCH /v1/collections/{id}`; other models mean embedding again, in the background. */
export const CollectionChange = z
  .strictObject({ name: CollectionName.optional(), models: SpaceModels.optional() })
  .meta({ id: 'CollectionChange' });
export type CollectionChange = z.infer<typeof CollectionChange>;

/** What is known of an item besides its picture: flat is best, at most 16 KiB as JSON. */
export const Metadata = z.record(z.string().min(1).max(200), z.json());
export type Metadata = z.infer<typeof Metadata>;

export const CollectionItem = z
  .object({
    id: z.uuid(),
    name: z.string().nullable().describe('the file’s name'),
    blob: Sha256,
    mime: z.string(),
    width: z.int().min(1),
    height: z.int().min(1),
    metadata: Metadata,
    run: z.uuid().nullable().describe('the stored run that it came from'),
    altText: z.string().nullable().describe('its newest caption (task caption), if it has one'),
    createdAt: z.iso.datetime(),
    links: z.object({ self: z.string(), picture: z.string() }),
  })
  .meta({ id: 'CollectionItem' });
export type CollectionItem = z.infer<typeof CollectionItem>;
export const ItemPage = z
  .object({ items: z.array(CollectionItem), nextCursor: z.string().nullable() })
  .meta({ id: 'ItemPage' });
export type ItemPage = z.infer<typeof ItemPage>;
export const ItemChange = z.strictObject({ metadata: Metadata }).meta({ id: 'ItemChange' });

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
/** `{"year": 2024, "place": {"in": ["Rome", "Oslo"]}, "stars": {"gte": 4}}`: all of it must hold. */
export const MetadataFilter = z
  .record(
    z.string().min(1).max(200),
    z.union([
      Scalar,
      z.strictObject({
        eq: Scalar.optional(),
        ne: Scalar.optional(),
        in: z.array(Scalar).min(1).max(1000).optional(),
        gt: z.union([z.number(), z.string()]).optional(),
        gte: z.union([z.number(), z.string()]).optional(),
        lt: z.union([z.number(), z.string()]).optional(),
        lte: z.union([z.number(), z.string()]).optional(),
        contains: Scalar.optional().describe('a list has it, or a text holds it'),
        exists: z.boolean().optional(),
      }),
    ]),
  )
  .meta({ id: 'MetadataFilter' });
export type MetadataFilter = z.infer<typeof MetadataFilter>;

export const ItemQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
  filter: z.string().max(20_000).optional().describe('a metadata filter as JSON'),
});
export type ItemQuery = z.infer<typeof ItemQuery>;
export const CollectionQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export type CollectionQuery = z.infer<typeof CollectionQuery>;

/** JSON body of `POST /v1/collections/{id}/items`: exactly one of pictures, runs, folder and archive. */
export const AddItemsRequest = z
  .strictObject({
    pictures: z
      .array(
        z.strictObject({
          source: InputSource,
          name: z.string().max(500).optional(),
          metadata: Metadata.optional(),
        }),
      )
      .min(1)
      .max(64)
      .optional(),
    runs: z.array(z.uuid()).min(1).max(100_000).optional().describe('stored runs whose pictures are taken'),
    folder: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('on the server, under FOVEA_IMPORT_ROOTS, with what is below it'),
    archive: InputSource.optional().describe('a ZIP of pictures'),
    metadata: Metadata.optional().describe('of every item'),
  })
  .meta({ id: 'AddItemsRequest' });
export type AddItemsRequest = z.infer<typeof AddItemsRequest>;

/** An item that was added; `existing`: the same picture was there before, and only its metadata was added to. */
export const AddedItem = z.object({ item: CollectionItem, existing: z.boolean() });
/** What an upload answers, in the order sent; one bad picture fails alone. */
export const AddedItems = z
  .object({ items: z.array(z.union([AddedItem, Problem])) })
  .meta({ id: 'AddedItems' });
export type AddedItems = z.infer<typeof AddedItems>;

/** Body of `POST /v1/collections/{id}/items/delete`. */
export const DeleteItemsRequest = z
  .strictObject({
    ids: z.array(z.uuid()).min(1).max(1000).describe('those that are gone already are passed over'),
  })
  .meta({ id: 'DeleteItemsRequest' });
export type DeleteItemsRequest = z.infer<typeof DeleteItemsRequest>;

const Failures = z
  .array(z.object({ name: z.string(), code: z.string(), detail: z.string() }))
  .describe('the first 100');
/** What an import job answers. */
export const ImportReport = z
  .object({
    collectionId: z.uuid(),
    added: z.int().min(0),
    existing: z.int().min(0).describe('the same picture was there before, or twice among these'),
    failed: z.int().min(0),
    skipped: z.int().min(0).describe('files that are hidden or not called a picture: not looked at'),
    failures: Failures,
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof ImportReport>;
/** What a job that embeds a collection again answers. */
export const ReembedReport = z
  .object({
    collectionId: z.uuid(),
    space: z.string().describe('its key'),
    embedded: z.int().min(0),
    failed: z
      .int()
      .min(0)
      .describe('pictures that cannot be read: while they are there, the space does not take over'),
    failures: Failures,
  })
  .meta({ id: 'ReembedReport' });
export type ReembedReport = z.infer<typeof ReembedReport>;

/** One part of a query: a picture, a text, an item of the collection, the picture of a stored run, or a vector. */
export const QueryPart = z
  .union([
    z.strictObject({ text: z.string().trim().min(1).max(10_000) }),
    z.strictObject({ itemId: z.uuid() }),
    z.strictObject({ run: z.uuid() }),
    z.strictObject({ vector: z.array(z.number()).min(1).max(8192) }),
    z.strictObject({ image: InputSource }),
  ])
  .meta({ id: 'QueryPart' });
export type QueryPart = z.infer<typeof QueryPart>;

/** A cosine, or the calibrated cut-off. */
export const MinScore = z.union([z.number().min(-1).max(1), z.literal('auto')]);
/**
 * JSON body of `POST /v1/collections/{id}/search`. One part may stand at the top: `{"text": "a red car"}`. Several are
 * averaged, those of `minus` are taken away.
 */
export const SearchRequest = z
  .strictObject({
    text: z.string().trim().min(1).max(10_000).optional(),
    itemId: z.uuid().optional(),
    run: z.uuid().optional(),
    vector: z.array(z.number()).min(1).max(8192).optional(),
    image: InputSource.optional(),
    query: z.array(QueryPart).max(16).optional(),
    minus: z.array(QueryPart).max(16).optional(),
    space: z
      .string()
      .max(100)
      .optional()
      .describe(
        'visual or cross-modal, or the key of a space; default: cross-modal for text, visual for pictures',
      ),
    k: z.int().min(1).max(1000).default(10),
    minScore: MinScore.optional().describe('cosine; auto = the calibrated cut-off; left out = the k best'),
    diversity: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('0 = the best; towards 1 = the less alike (maximal marginal relevance)'),
    filter: MetadataFilter.optional(),
    explain: z.int().min(0).max(10).default(0).describe('maps of what agrees, for so many of the matches'),
  })
  .meta({ id: 'SearchRequest' });
export type SearchRequest = z.infer<typeof SearchRequest>;

export const QUERY_KINDS = ['text', 'picture', 'vector', 'mixed'] as const;
export const SearchAnswer = z
  .object({
    result: MatchesResult,
    query: z.object({
      space: EmbeddingSpace,
      kind: z.enum(QUERY_KINDS),
      text: z.string().optional(),
      k: z.int(),
      truncated: z.boolean().optional().describe('the text was longer than the model reads'),
    }),
    searched: z.object({
      items: z.int().min(0).describe('items that could have matched'),
      exact: z.boolean(),
      index: z.enum(INDEX_KINDS),
    }),
    note: z.string().optional().describe('why there is nothing, or less than was asked for'),
    attachments: z
      .array(Attachment)
      .optional()
      .describe('match-map: index = place in the result, caption = query or match'),
    timings: z.object({ embedMs: z.number(), searchMs: z.number(), totalMs: z.number() }),
  })
  .meta({ id: 'SearchAnswer' });
export type SearchAnswer = z.infer<typeof SearchAnswer>;
