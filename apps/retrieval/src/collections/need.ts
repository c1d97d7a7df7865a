import type {
  CollectionRow,
  CollectionSpaceRow,
  IndexRef,
  ItemRow,
  ResourceContext,
  SpaceRow,
} from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { spaceKey } from '@fovea/stages';

/** A collection that its owner made. @throws NOT_FOUND */
export async function needCollection(
  { collections, owner }: Pick<ResourceContext, 'collections' | 'owner'>,
  id: string | undefined,
): Promise<CollectionRow> {
  const collection = id === undefined ? null : await collections.get(owner, id);
  if (collection?.kind === 'user') return collection;
  throw noCollection(id);
}

export const noCollection = (id: string | undefined): VisionError =>
  new VisionError('NOT_FOUND', `there is no collection ${id}`, {
    hint: 'GET /v1/collections lists yours.',
  });

/** @throws NOT_FOUND */
export async function needItem(
  { collections, owner }: Pick<ResourceContext, 'collections' | 'owner'>,
  collection: Pick<CollectionRow, 'id' | 'name'>,
  itemId: string | undefined,
): Promise<ItemRow> {
  const item = itemId === undefined ? null : await collections.item(owner, collection.id, itemId);
  if (item) return item;
  throw new VisionError('NOT_FOUND', `the collection "${collection.name}" has no item ${itemId}`, {
    hint: `GET /v1/collections/${collection.id}/items lists them.`,
  });
}

export const refOf = (collection: Pick<CollectionRow, 'id'>, space: SpaceRow): IndexRef => ({
  collectionId: collection.id,
  spaceId: space.id,
  dimension: space.dimension,
});

/** A space of a collection, and whether it is the one that only comes. */
export interface ChosenSpace {
  readonly row: CollectionSpaceRow;
  readonly space: SpaceRow;
  readonly isNext: boolean;
}

/**
 * The space of a collection that a request names, by name or key.
 * @throws INVALID_PARAMETER
 */
export function chooseSpace(collection: CollectionRow, named: string): ChosenSpace {
  for (const row of collection.spaces) {
    if (named === row.name || named === spaceKey(row.space)) return { row, space: row.space, isNext: false };
    if (row.next && named === spaceKey(row.next.space)) return { row, space: row.next.space, isNext: true };
  }
  const [name] = named.split(':');
  const other = collection.spaces.find((row) => row.name === name);
  if (other)
    throw new VisionError(
      'INVALID_PARAMETER',
      `space: ${named} is another version than that of this collection, ${spaceKey(other.space)}`,
      {
        hint: 'Vectors of two versions are not compared. Make the vector again, or name the space without its version.',
      },
    );
  const has = collection.spaces.map((row) => row.name).join(' and ');
  throw new VisionError(
    'INVALID_PARAMETER',
    `space: the collection "${collection.name}" has no space ${named}`,
    {
      hint: `It has ${has}. GET /v1/collections/${collection.id} shows them.`,
    },
  );
}
