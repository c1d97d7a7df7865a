import type { CollectionRow, ItemRow, NewItem, SpaceRow } from '@fovea/application';
import { openCatalog, type Catalog, type CatalogOptions } from '@fovea/catalog';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { embeddingSpace, newItem } from './collections.ts';
import { query, startPostgres, type TestPostgres } from './postgres.ts';

/** A catalog with two small spaces, empty before every test. */
export class CollectionBench {
  postgres!: TestPostgres;
  databaseUrl!: string;
  dataDir!: string;
  catalog!: Catalog;
  visual!: SpaceRow;
  crossModal!: SpaceRow;

  constructor() {
    beforeAll(async () => {
      this.postgres = await startPostgres();
      this.databaseUrl = await this.postgres.freshDatabase();
    });
    afterAll(() => this.postgres.stop());
    beforeEach(async () => {
      this.dataDir = mkdtempSync(join(tmpdir(), 'fovea-collections-'));
      await query(this.databaseUrl, 'TRUNCATE collections, embedding_spaces, runs, blobs CASCADE');
      await this.open();
      this.visual = await this.catalog.collections.ensureSpace(embeddingSpace('visual', 8));
      this.crossModal = await this.catalog.collections.ensureSpace(embeddingSpace('cross-modal', 4));
    });
    afterEach(async () => {
      await this.catalog.close();
      rmSync(this.dataDir, { recursive: true, force: true });
    });
  }

  async open(options: Partial<CatalogOptions> = {}): Promise<void> {
    this.catalog = await openCatalog({ dataDir: this.dataDir, databaseUrl: this.databaseUrl, ...options });
  }

  async reopen(options: Partial<CatalogOptions>): Promise<void> {
    await this.catalog.close();
    await this.open(options);
  }

  create(name = 'Pictures', owner = 'ann'): Promise<CollectionRow> {
    const spaceIds = [this.visual.id, this.crossModal.id];
    return this.catalog.collections.create(owner, { name, kind: 'user', spaceIds });
  }

  picture(name: string, more: Partial<NewItem> & { owner?: string } = {}): Promise<NewItem> {
    const spaces = [this.visual, this.crossModal];
    return newItem(this.catalog, { owner: 'ann', picture: name, spaces, ...more });
  }

  /** So many new items, in one call. */
  async fill(collection: CollectionRow, count: number): Promise<ItemRow[]> {
    const { owner, id } = collection;
    const names = Array.from({ length: count }, (_, n) => `${id} ${collection.items} ${n}`);
    const items = await Promise.all(names.map((name) => this.picture(name, { owner })));
    return (await this.catalog.collections.addItems(owner, id, items)).map(({ item }) => item);
  }
}
