import { defineResource, type ResourceContext } from '@fovea/application';
import { catalogSearch, indexCatalog } from './catalog-search.ts';
import { importPictures } from './import.ts';
import * as items from './items.ts';
import * as manage from './manage.ts';
import { ROLES } from './models.ts';
import * as overview from './overview.ts';
import { keepSpacesUp, reembed } from './re-embed.ts';
import { search } from './search.ts';

/** How soon a stored run can be found by meaning. */
const INDEX_EVERY_MS = 3_000;
/** How soon replaced weights are noticed. */
const SPACES_EVERY_MS = 10_000;

/**
 * Collections of pictures: searched by picture, by text, by stored run, by vector.
 * @example
 * POST /v1/collections {"name": "Holidays"}
 * POST /v1/collections/{id}/items   image=@beach.jpg image=@harbour.jpg
 * POST /v1/collections/{id}/search {"text": "people on a beach", "minScore": "auto"}
 */
export const collections = defineResource({
  name: 'collections',
  title: 'Collections',
  models: ROLES,
  operations: [
    manage.create,
    manage.list,
    manage.get,
    manage.change,
    manage.remove,
    items.add,
    items.list,
    items.get,
    items.change,
    items.remove,
    items.removeMany,
    search,
    overview.duplicates,
    overview.map,
    overview.index,
    overview.rebuild,
  ],
  jobs: { import: importPictures, 're-embed': reembed, rebuild: overview.rebuildIndexes },
  recurring: [
    { name: 'catalog index', everyMs: INDEX_EVERY_MS, ofCatalogSearch: true, run: indexCatalog },
    { name: 'spaces', everyMs: SPACES_EVERY_MS, run: keepAllUp },
  ],
  catalogSearch,
});

/** Every collection follows the models of today. */
async function keepAllUp(context: ResourceContext): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await context.collections.list(context.owner, { limit: 100, cursor });
    for (const collection of page.items) await keepSpacesUp(context, collection);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
