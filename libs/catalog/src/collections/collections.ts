import type { CollectionStore } from '@fovea/application';
import type { BlobFiles } from '../blob-files.ts';
import type { Blobs } from '../blobs.ts';
import type { Database } from '../database.ts';
import { Changes } from './changes.ts';
import { itemReader } from './item-reader.ts';
import { itemChanges } from './items.ts';
import { collectionLists } from './lists.ts';
import { collectionSpaces } from './spaces.ts';
import { vectorSource } from './vector-source.ts';

/** Collections, their items and vectors in Postgres. */
export function openCollections(parts: {
  database: Database;
  files: BlobFiles;
  blobs: Blobs;
}): CollectionStore {
  const { database } = parts;
  const changes = new Changes(database);
  const lists = collectionLists(database);
  return {
    ...lists,
    ...collectionSpaces({ database, changes, get: lists.get }),
    ...itemChanges({ ...parts, changes }),
    ...itemReader(database),
    ...vectorSource(database),
  };
}
