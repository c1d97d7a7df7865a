import type { NewItem, NewSpace, SpaceRow } from '@fovea/application';
import type { Catalog } from '@fovea/catalog';
import { randomBytes } from 'node:crypto';
import { sha256Of } from './runs.ts';

/** A space of no model. */
export const embeddingSpace = (name: NewSpace['name'], dimension: number): NewSpace => ({
  name,
  fingerprint: sha256Of(Buffer.from(`${name} ${dimension}`)).slice(0, 32),
  dimension,
  version: 1,
  models: [{ role: 'encoder', id: 'none', revision: 1, sha256: 'a'.repeat(64) }],
});

/** Some direction. */
export function unitVector(dimension: number): Float32Array {
  const vector = Float32Array.from(
    { length: dimension },
    () => (randomBytes(2).readUInt16LE() + 0.5) / 65_536 - 0.5,
  );
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** An item as an import would add it, its picture kept. */
export async function newItem(
  catalog: Catalog,
  options: { owner: string; picture: string; spaces: readonly SpaceRow[] } & Partial<NewItem>,
): Promise<NewItem> {
  const { owner, picture, spaces, ...more } = options;
  const { sha256 } = await catalog.blobs.put(owner, Buffer.from(picture), 'image/png');
  return {
    name: picture,
    sha256,
    mime: 'image/png',
    width: 640,
    height: 480,
    metadata: {},
    runId: null,
    vectors: Object.fromEntries(spaces.map(({ id, dimension }) => [id, unitVector(dimension)])),
    ...more,
  };
}

/** Vectors by ordinal, as a full read gives them. */
export async function content(
  catalog: Catalog,
  collectionId: string,
  spaceId: string,
): Promise<Map<number, Float32Array>> {
  return (await follow(catalog, collectionId, spaceId)).vectors;
}

/** What an index does: reads everything once, then what changed. */
export async function follow(catalog: Catalog, collectionId: string, spaceId: string) {
  const vectors = new Map<number, Float32Array>();
  let revision = -1;
  const readAll = async () => {
    vectors.clear();
    for await (const piece of catalog.collections.all(collectionId, spaceId)) {
      revision = piece.revision;
      const dimension = piece.vectors.length / piece.ordinals.length;
      piece.ordinals.forEach((ordinal, n) =>
        vectors.set(ordinal, piece.vectors.slice(n * dimension, (n + 1) * dimension)),
      );
    }
  };
  await readAll();
  return {
    vectors,
    get revision() {
      return revision;
    },
    /** @returns how many answers it took */
    async catchUp(limit = 100): Promise<number> {
      for (let asked = 1; ; asked++) {
        const changes = await catalog.collections.changes(collectionId, { spaceId, after: revision, limit });
        if (!changes) await readAll();
        else {
          for (const { ordinal, vector } of changes.added) vectors.set(ordinal, vector);
          for (const ordinal of changes.removed) vectors.delete(ordinal);
          revision = changes.upTo;
          if (changes.complete) return asked;
        }
      }
    },
  };
}
