import { z } from 'zod';
import { CollectionItem, IndexInfo, MinScore } from './collections.ts';
import { Sha256 } from './results.ts';

// A collection as a whole: near-duplicates, the map, what its indexes are worth.

/** Body of `POST /v1/collections/{id}/duplicates`. */
export const DuplicatesRequest = z
  .strictObject({
    space: z.string().max(100).default('visual'),
    minScore: MinScore.default('auto'),
    limit: z.int().min(1).max(1000).default(100).describe('groups, the largest first'),
  })
  .meta({ id: 'DuplicatesRequest' });
export type DuplicatesRequest = z.infer<typeof DuplicatesRequest>;
export const DuplicateGroups = z
  .object({
    groups: z.array(
      z.object({
        items: z.array(CollectionItem).min(2).describe('the oldest first'),
        score: z.number().describe('least likeness of two neighbours in it'),
      }),
    ),
    total: z.int().min(0),
    cutoff: z.number(),
    searched: z.int().min(0),
  })
  .meta({ id: 'DuplicateGroups' });
export type DuplicateGroups = z.infer<typeof DuplicateGroups>;

export const PROJECTIONS = ['pca', 'umap'] as const;
export type Projection = (typeof PROJECTIONS)[number];
export const MapQuery = z.object({
  space: z.string().max(100).default('visual'),
  method: z.enum(PROJECTIONS).optional().describe('default: umap up to 5,000 items, pca beyond'),
});
export type MapQuery = z.infer<typeof MapQuery>;
/** Where the items of a collection lie in the plane: alike ones near each other. */
export const CollectionMap = z
  .object({
    method: z.enum(PROJECTIONS),
    space: z.string(),
    total: z.int().min(0).describe('items of the collection; at most 20,000 of them are placed'),
    points: z.array(
      z.object({ itemId: z.uuid(), blob: Sha256, name: z.string().nullable(), x: z.number(), y: z.number() }),
    ),
  })
  .meta({ id: 'CollectionMap', description: 'x and y within 0..1' });
export type CollectionMap = z.infer<typeof CollectionMap>;

/** What `POST /v1/collections/{id}/rebuild` and the verifier find: the index against Postgres. */
export const IndexReport = z.object({
  space: z.string(),
  ok: z.boolean(),
  items: z.int().min(0).describe('vectors in Postgres'),
  missing: z.int().min(0).describe('in Postgres, not in the index'),
  surplus: z.int().min(0).describe('in the index, not in Postgres'),
  different: z.int().min(0).describe('another vector in the index than in Postgres'),
  index: IndexInfo,
});
export const RebuildReport = z
  .object({ collectionId: z.uuid(), indexes: z.array(IndexReport) })
  .meta({ id: 'RebuildReport' });
export type RebuildReport = z.infer<typeof RebuildReport>;
export type IndexReport = z.infer<typeof IndexReport>;
