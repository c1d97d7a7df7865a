import { VisionError, type BlobInfo } from '@fovea/contracts';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { BlobFiles, StoredFile } from './blob-files.ts';
import { GRACE_MS } from './collect.ts';
import { isUuid } from './cursor.ts';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { checkOwner } from './record.ts';
import { cleanText } from './search-rows.ts';
import { OR_TOUCH_BLOB } from './touch-blobs.ts';

/** A blob that its reader may read. */
export interface StoredBlob extends BlobInfo {
  /** Absolute, for sendfile and Range. */
  readonly path: string;
}

/** Blobs as one owner sees them. */
export class Blobs {
  readonly #database: Database;
  readonly #files: BlobFiles;
  /** Put without a reference, oldest first: the run that names them will refer to them. */
  readonly #recent = new Map<string, StoredFile & { readonly mime: string; readonly at: number }>();

  constructor(database: Database, files: BlobFiles) {
    this.#database = database;
    this.#files = files;
  }

  /**
   * Keeps bytes, once for everybody.
   * @param options.reference true: the owner may read it from now on (an upload). Default false: a run that is
   *   recorded within the hour will refer to it; otherwise it is collected.
   * @throws STORAGE_FULL, CATALOG_UNAVAILABLE
   */
  async put(
    owner: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    mime: string,
    options: { reference?: boolean } = {},
  ): Promise<BlobInfo> {
    checkOwner(owner);
    const stored = await this.#files.put(content);
    if (options.reference) await this.#refer(owner, stored, cleanText(mime));
    else this.#remember(owner, stored, mime);
    return { ...stored, mime };
  }

  /**
   * Keeps bytes that belong to a collection's answer (a map of a match): its owner may read them for a day.
   * @throws NOT_FOUND (the collection), STORAGE_FULL, CATALOG_UNAVAILABLE
   */
  async putAnswer(
    owner: string,
    bytes: Uint8Array,
    options: { mime: string; collectionId: string },
  ): Promise<BlobInfo> {
    checkOwner(owner);
    const { mime, collectionId } = options;
    const stored = await this.#files.put(bytes);
    const { rowCount } = isUuid(collectionId)
      ? await guarded(() =>
          this.#database.pool.query(ANSWER, [
            owner,
            stored.sha256,
            stored.bytes,
            cleanText(mime),
            collectionId,
          ]),
        )
      : { rowCount: 0 };
    if (!rowCount) throw new VisionError('NOT_FOUND', `There is no collection ${collectionId}.`);
    return { ...stored, mime };
  }

  /** What this owner put here within the last hour without a reference. */
  recent(owner: string, sha256: string): { readonly bytes: number; readonly mime: string } | undefined {
    return this.#recent.get(recentKey(owner, sha256));
  }

  /**
   * What a row that refers to blobs must know of them.
   * @throws NOT_FOUND for one that the owner neither put here within the hour nor may read
   */
  async readable(
    owner: string,
    sha256s: readonly string[],
  ): Promise<Map<string, { readonly bytes: number; readonly mime: string }>> {
    const unknown = sha256s.filter((sha256) => !this.recent(owner, sha256));
    const mimes = unknown.length > 0 ? await this.#mimes(owner, unknown) : new Map<string, string>();
    const blobs = sha256s.map(async (sha256) => {
      const recent = this.recent(owner, sha256);
      if (recent) return [sha256, recent] as const;
      const mime = mimes.get(sha256);
      const bytes = mime === undefined ? null : await this.#files.size(sha256);
      if (mime === undefined || bytes === null)
        throw new VisionError('NOT_FOUND', `there are no bytes for ${sha256}`);
      return [sha256, { bytes, mime }] as const;
    });
    return new Map(await Promise.all(blobs));
  }

  /** Null where there is none, and where the owner has no reference to it: the two look the same. */
  async get(owner: string, sha256: string): Promise<StoredBlob | null> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return null;
    const reference = await guarded(() =>
      this.#database.prisma.blobReference.findFirst({
        where: { owner, sha256 },
        orderBy: { id: 'desc' },
        select: { mime: true },
      }),
    );
    if (!reference) return null;
    const bytes = await this.#files.size(sha256);
    return bytes === null ? null : { sha256, mime: reference.mime, bytes, path: this.#files.path(sha256) };
  }

  /**
   * The bytes as a stream.
   * @param range.start first byte, default 0
   * @param range.end last byte, default the last of the blob
   */
  async open(
    owner: string,
    sha256: string,
    range: { start?: number; end?: number } = {},
  ): Promise<(StoredBlob & { stream: Readable }) | null> {
    const blob = await this.get(owner, sha256);
    return blob && { ...blob, stream: createReadStream(blob.path, range) };
  }

  /** Takes an upload's reference back; runs keep theirs. */
  async forget(owner: string, sha256: string): Promise<boolean> {
    const where = { owner, sha256, kind: 'upload' };
    const { count } = await guarded(() => this.#database.prisma.blobReference.deleteMany({ where }));
    return count > 0;
  }

  async #mimes(owner: string, sha256s: readonly string[]): Promise<Map<string, string>> {
    const { rows } = await guarded(() =>
      this.#database.pool.query<{ sha256: string; mime: string }>(
        `SELECT DISTINCT ON (sha256) sha256, mime FROM blob_references WHERE owner = $1 AND sha256 = ANY ($2)
         ORDER BY sha256, id DESC`,
        [owner, sha256s],
      ),
    );
    return new Map(rows.map(({ sha256, mime }) => [sha256, mime]));
  }

  #remember(owner: string, stored: StoredFile, mime: string): void {
    const key = recentKey(owner, stored.sha256);
    const now = Date.now();
    this.#recent.delete(key);
    this.#recent.set(key, { ...stored, mime, at: now });
    for (const [old, { at }] of this.#recent) {
      if (now - at < GRACE_MS) break;
      this.#recent.delete(old);
    }
  }

  async #refer(owner: string, { sha256, bytes }: StoredFile, mime: string): Promise<void> {
    await guarded(() =>
      this.#database.pool.query(
        `WITH stored AS (
           INSERT INTO blobs (sha256, bytes) VALUES ($2, $3)
           ${OR_TOUCH_BLOB}
         )
         INSERT INTO blob_references (owner, sha256, kind, mime, created_at)
         SELECT $1, $2, 'upload', $4, now()
         WHERE NOT EXISTS (SELECT 1 FROM blob_references WHERE owner = $1 AND sha256 = $2 AND kind = 'upload' AND mime = $4)`,
        [owner, sha256, bytes, mime],
      ),
    );
  }
}

// The same answer again begins its day anew. A collection that is being deleted is waited for, and then is not there.
const ANSWER = `WITH holder AS MATERIALIZED (
  SELECT id FROM collections WHERE id = $5 AND owner = $1 FOR KEY SHARE
), stored AS (
  INSERT INTO blobs (sha256, bytes) SELECT $2, $3 FROM holder
  ${OR_TOUCH_BLOB}
), before AS (
  DELETE FROM blob_references WHERE collection_id IN (SELECT id FROM holder) AND sha256 = $2 AND kind = 'answer'
)
INSERT INTO blob_references (owner, sha256, kind, mime, collection_id, created_at)
SELECT $1, $2, 'answer', $4, id, now() FROM holder`;

const recentKey = (owner: string, sha256: string): string => `${sha256} ${owner}`;
