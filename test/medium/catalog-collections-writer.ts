// A process that adds and removes items until it is killed, and prints what was acknowledged: `+ sha256` or `- item`.
import { openCatalog } from '@fovea/catalog';
import { embeddingSpace, newItem } from './collections.ts';

const catalog = await openCatalog({ dataDir: process.argv[2] ?? '' });
const store = catalog.collections;
const spaces = [
  await store.ensureSpace(embeddingSpace('visual', 1280)),
  await store.ensureSpace(embeddingSpace('cross-modal', 256)),
];
const spaceIds = spaces.map(({ id }) => id);
const { id } = await store.create('ann', { name: 'Pictures', kind: 'user', spaceIds });
process.stdout.write(`collection ${id}\n`);
const write = async (writer: number): Promise<never> => {
  for (let round = 0; ; round++) {
    const names = Array.from({ length: 8 }, (_, n) => `${writer} ${round} ${n}`);
    const items = await Promise.all(
      names.map((picture) => newItem(catalog, { owner: 'ann', picture, spaces })),
    );
    const added = await store.addItems('ann', id, items);
    for (const { item } of added) process.stdout.write(`+ ${item.sha256}\n`);
    const victim = added[0]?.item.sha256;
    await store.removeItems('ann', id, [added[0]?.item.id ?? '']);
    process.stdout.write(`- ${victim}\n`);
  }
};
await Promise.all([0, 1, 2, 3].map(write));
