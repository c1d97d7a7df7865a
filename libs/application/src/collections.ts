import type { CollectionChange, Metadata, MetadataFilter, ModelUse, SpaceName } from '@fovea/contracts';

// What retrieval keeps: catalog implements it in Postgres, which is the truth; indexes are derived from it.

/** What an embedding space is made of. Equal fingerprints are the same space. */
export interface NewSpace {
  readonly name: SpaceName;
  /** 32 hex digits: of model hashes, preprocessing version, dimension and metric. */
  readonly fingerprint: string;
  readonly dimension: number;
  readonly version: number;
  readonly models: readonly ModelUse[];
}
export interface SpaceRow extends NewSpace {
  readonly id: string;
}

export interface CollectionSpaceRow {
  readonly name: SpaceName;
  /** The space that answers. */
  readonly space: SpaceRow;
  readonly vectors: number;
  /** The space that takes over when every item has a vector in it, and the job that sees to it. */
  readonly next: { readonly space: SpaceRow; readonly vectors: number; readonly jobId: string | null } | null;
}

/** `catalog`: the pictures of stored runs, kept up by the house; `user`: what people make. */
export type CollectionKind = 'user' | 'catalog';

export interface CollectionRow {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly kind: CollectionKind;
  /** Raised by every change of its items, in the order of their commits. */
  readonly revision: number;
  readonly items: number;
  readonly spaces: readonly CollectionSpaceRow[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An item; `ordinal` numbers the items of a collection, is never used again, and is what indexes know. */
export interface ItemRow {
  readonly id: string;
  readonly ordinal: number;
  readonly name: string | null;
  readonly sha256: string;
  readonly mime: string;
  readonly width: number;
  readonly height: number;
  readonly metadata: Metadata;
  readonly runId: string | null;
  readonly createdAt: Date;
}

export interface NewItem extends Pick<
  ItemRow,
  'name' | 'sha256' | 'mime' | 'width' | 'height' | 'metadata' | 'runId'
> {
  /** Default: a new one. */
  readonly id?: string;
  /** One for every space of the collection, `next` included: unit length, by the space's id. */
  readonly vectors: Readonly<Record<string, Float32Array>>;
}

export interface RowPage<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Changes of one space of a collection after a revision, in the order of their commits. */
export interface VectorChanges {
  readonly added: readonly { readonly ordinal: number; readonly vector: Float32Array }[];
  readonly removed: readonly number[];
  /** With these applied, the reader is at this revision. */
  readonly upTo: number;
  /** False: the list was cut off, ask again from `upTo`. */
  readonly complete: boolean;
}

/** What indexes are made from. */
export interface VectorSource {
  /** The revision of a collection as it stands, and null where there is none. */
  revision(collectionId: string): Promise<number | null>;
  /** Null where the reader is so far behind that it must read everything: see {@link all}. */
  changes(
    collectionId: string,
    options: { spaceId: string; after: number; limit: number },
  ): Promise<VectorChanges | null>;
  /**
   * Every vector of a space of a collection by rising ordinal, in pieces, as of one revision (one snapshot).
   * The first piece may be empty, so that the revision is always told.
   */
  all(
    collectionId: string,
    spaceId: string,
  ): AsyncIterable<{
    readonly revision: number;
    readonly ordinals: Int32Array;
    readonly vectors: Float32Array;
  }>;
}

/** Collections, items and vectors of all owners; every call names the owner and sees nobody else's. */
export interface CollectionStore extends VectorSource {
  /** The space with this fingerprint, made where there is none. */
  ensureSpace(space: NewSpace): Promise<SpaceRow>;
  /** @throws CONFLICT where the owner has one of that name */
  create(
    owner: string,
    collection: { name: string; kind: CollectionKind; spaceIds: readonly string[] },
  ): Promise<CollectionRow>;
  get(owner: string, id: string): Promise<CollectionRow | null>;
  /** The owner's collection of kind `catalog`. */
  ofCatalog(owner: string): Promise<CollectionRow | null>;
  /** Those of kind `user`, newest first. @throws INVALID_PARAMETER (cursor) */
  list(owner: string, page: { limit: number; cursor?: string | undefined }): Promise<RowPage<CollectionRow>>;
  /** @throws CONFLICT where the name is taken */
  rename(
    owner: string,
    id: string,
    name: NonNullable<CollectionChange['name']>,
  ): Promise<CollectionRow | null>;
  delete(owner: string, id: string): Promise<boolean>;

  /** Begins (or with null ends) the change of a space: items added from now on need vectors in both. */
  setNext(
    owner: string,
    id: string,
    change: { name: SpaceName; spaceId: string | null; jobId?: string },
  ): Promise<CollectionRow | null>;
  /** `next` answers from now on and the old vectors are gone; false where an item has no vector in it yet. */
  promote(owner: string, id: string, name: SpaceName): Promise<boolean>;
  /** Items without a vector in a space, by rising ordinal. */
  missing(
    owner: string,
    id: string,
    options: { spaceId: string; after: number; limit: number },
  ): Promise<readonly ItemRow[]>;
  /** Vectors of items that are there already; items that are gone meanwhile are left out. */
  addVectors(
    owner: string,
    id: string,
    vectors: readonly { itemId: string; spaceId: string; vector: Float32Array }[],
  ): Promise<void>;

  /**
   * Adds items with all their vectors in one commit: findable altogether or not at all. A picture that is there already
   * stays one item: metadata is added to its own.
   * @throws NOT_FOUND (the collection), CONFLICT (a vector of a space that the collection no longer has, or lacks one that
   *   it has now: embed again), STORAGE_FULL
   */
  addItems(
    owner: string,
    id: string,
    items: readonly NewItem[],
  ): Promise<readonly { item: ItemRow; existing: boolean }[]>;
  item(owner: string, id: string, itemId: string): Promise<ItemRow | null>;
  /** Those that are there, in any order. */
  itemsByOrdinal(owner: string, id: string, ordinals: readonly number[]): Promise<readonly ItemRow[]>;
  /** Which of these pictures are items already. */
  existing(owner: string, id: string, sha256s: readonly string[]): Promise<ReadonlyMap<string, ItemRow>>;
  /** Newest first. @throws INVALID_PARAMETER (cursor, filter) */
  items(
    owner: string,
    id: string,
    page: { limit: number; cursor?: string | undefined; filter?: MetadataFilter | undefined },
  ): Promise<RowPage<ItemRow>>;
  /** Ordinals of the items that a filter finds. @throws INVALID_PARAMETER */
  matching(owner: string, id: string, filter: MetadataFilter): Promise<Int32Array>;
  setMetadata(
    owner: string,
    id: string,
    change: { itemId: string; metadata: Metadata },
  ): Promise<ItemRow | null>;
  /** How many were there. */
  removeItems(owner: string, id: string, itemIds: readonly string[]): Promise<number>;
  /** Vectors of items, in the order asked; undefined where there is none. */
  vectors(
    owner: string,
    id: string,
    options: { spaceId: string; ordinals: readonly number[] },
  ): Promise<readonly (Float32Array | undefined)[]>;
}
