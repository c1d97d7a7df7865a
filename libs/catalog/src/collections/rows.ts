import type {
  CollectionKind,
  CollectionRow,
  CollectionSpaceRow,
  ItemRow,
  SpaceRow,
} from '@fovea/application';
import { SPACE_NAMES, type Metadata, type SpaceName } from '@fovea/contracts';

interface SpaceColumns {
  readonly name: SpaceName;
  readonly space: SpaceRow;
  readonly next: SpaceRow | null;
  readonly nextVectors: number;
  readonly nextJobId: string | null;
}

export interface CollectionColumns {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly kind: CollectionKind;
  readonly revision: string;
  readonly items: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly spaces: readonly SpaceColumns[];
}

const space = (table: string) =>
  `json_build_object('id', ${table}.id, 'name', ${table}.name, 'fingerprint', ${table}.fingerprint,
     'dimension', ${table}.dimension, 'version', ${table}.version, 'models', ${table}.models)`;

/** Collections `c` with their spaces; conditions follow. */
export const SELECT_COLLECTIONS = `
  SELECT c.id, c.owner, c.name, c.kind, c.revision, c.items, c.created_at, c.updated_at, s.spaces
  FROM collections c CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object(
      'name', cs.name, 'space', ${space('serving')},
      'next', CASE WHEN coming.id IS NOT NULL THEN ${space('coming')} END,
      'nextVectors', (SELECT count(*) FROM item_vectors v WHERE v.collection_id = c.id AND v.space_id = coming.id),
      'nextJobId', cs.next_job_id)), '[]') AS spaces
    FROM collection_spaces cs JOIN embedding_spaces serving ON serving.id = cs.space_id
    LEFT JOIN embedding_spaces coming ON coming.id = cs.next_id
    WHERE cs.collection_id = c.id
  ) s`;

export function toCollection(row: CollectionColumns): CollectionRow {
  const spaces = row.spaces.map(({ name, space, next, nextVectors, nextJobId }): CollectionSpaceRow => ({
    name,
    space,
    // No item is without a vector of the space that answers.
    vectors: row.items,
    next: next && { space: next, vectors: nextVectors, jobId: nextJobId },
  }));
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    kind: row.kind,
    revision: Number(row.revision),
    items: row.items,
    spaces: spaces.sort((a, b) => SPACE_NAMES.indexOf(a.name) - SPACE_NAMES.indexOf(b.name)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface ItemColumns {
  readonly id: string;
  readonly ordinal: number;
  readonly name: string | null;
  readonly sha256: string;
  readonly mime: string;
  readonly width: number;
  readonly height: number;
  readonly metadata: Metadata;
  readonly run_id: string | null;
  readonly created_at: Date;
}

export const ITEM_COLUMNS = 'id, ordinal, name, sha256, mime, width, height, metadata, run_id, created_at';

export const toItem = ({ run_id: runId, created_at: createdAt, ...row }: ItemColumns): ItemRow => ({
  ...row,
  runId,
  createdAt,
});
