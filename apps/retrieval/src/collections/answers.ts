import type { CollectionRow, ItemRow, ResourceContext, SpaceRow } from '@fovea/application';
import type { Collection, CollectionItem, EmbeddingSpace } from '@fovea/contracts';
import { spaceKey } from '@fovea/stages';

const ROOT = '/v1/collections';

export const toSpace = (space: SpaceRow): EmbeddingSpace => ({
  id: space.id,
  name: space.name,
  key: spaceKey(space),
  dimension: space.dimension,
  metric: 'cosine',
  version: space.version,
  models: [...space.models],
});

/** A collection as clients see it. */
export const toCollection = (
  { vectors }: Pick<ResourceContext, 'vectors'>,
  collection: CollectionRow,
): Collection => ({
  id: collection.id,
  name: collection.name,
  items: collection.items,
  spaces: collection.spaces.map(({ space, vectors: count, next }) => ({
    space: toSpace(space),
    vectors: count,
    index: vectors.info({ collectionId: collection.id, spaceId: space.id, dimension: space.dimension }),
    next: next && { space: toSpace(next.space), vectors: next.vectors, job: next.jobId },
  })),
  createdAt: collection.createdAt.toISOString(),
  updatedAt: collection.updatedAt.toISOString(),
  links: { self: `${ROOT}/${collection.id}`, items: `${ROOT}/${collection.id}/items` },
});

/** Items as clients see them. */
export async function toItems(
  { altTexts }: Pick<ResourceContext, 'altTexts'>,
  collectionId: string,
  items: readonly ItemRow[],
): Promise<CollectionItem[]> {
  const texts = await altTexts(items.map(({ sha256 }) => sha256));
  return items.map((item) => itemOf(collectionId, item, texts.get(item.sha256) ?? null));
}

/** An item as clients see it. */
export async function toItem(
  context: Pick<ResourceContext, 'altTexts'>,
  collectionId: string,
  item: ItemRow,
): Promise<CollectionItem> {
  const [one] = await toItems(context, collectionId, [item]);
  return one as CollectionItem;
}

const itemOf = (collectionId: string, item: ItemRow, altText: string | null): CollectionItem => ({
  id: item.id,
  name: item.name,
  blob: item.sha256,
  mime: item.mime,
  width: item.width,
  height: item.height,
  metadata: item.metadata,
  run: item.runId,
  altText,
  createdAt: item.createdAt.toISOString(),
  links: { self: `${ROOT}/${collectionId}/items/${item.id}`, picture: `/v1/blobs/${item.sha256}` },
});
