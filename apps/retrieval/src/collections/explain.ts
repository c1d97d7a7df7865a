import type { ItemRow, OpenedFile, ResourceContext } from '@fovea/application';
import type { SearchAnswer } from '@fovea/contracts';
import { imageFeatures, imageProjection } from '@fovea/stages';
import { agreement, withoutEachCell, type CellMap } from './agreement.ts';
import { pictureFault } from './add-pictures.ts';
import { drawHeat } from './heat.ts';
import type { SpaceModels } from './models.ts';
import type { Query } from './query.ts';
import { together } from './together.ts';

type Attachments = NonNullable<SearchAnswer['attachments']>;

interface Explained {
  readonly attachments: Attachments;
  readonly note?: string;
}

/**
 * Maps of what agrees: on each of the matches, and in the space visual on the picture that was searched with.
 * @param matches the items to explain, in the order of the result
 */
export async function explain(
  context: ResourceContext,
  collectionId: string,
  { query, matches }: { query: Query; matches: readonly ItemRow[] },
): Promise<Explained> {
  const { models } = query;
  if (!models) return { attachments: [], note: 'There are no maps: the models of this space were replaced.' };
  // Two at a time: each holds a picture and, in cross-modal, 49 feature maps.
  const maps = await together(
    matches,
    async (match, index): Promise<Attachments> => {
      try {
        return await mapsOf(context, { collectionId, query, models, match, index });
      } catch (error) {
        context.signal.throwIfAborted();
        if (pictureFault(error)) return [];
        throw error;
      }
    },
    2,
  );
  const missing = maps.filter((some) => some.length === 0).length;
  return {
    attachments: maps.flat(),
    ...(missing > 0 ? { note: `${missing} matches have no map: their pictures cannot be read.` } : {}),
  };
}

async function mapsOf(
  context: ResourceContext,
  options: { collectionId: string; query: Query; models: SpaceModels; match: ItemRow; index: number },
): Promise<Attachments> {
  const { collectionId, query, models, match, index } = options;
  const attachments: Attachments = [];
  const attach = async (caption: 'query' | 'match', picture: OpenedFile, map: CellMap): Promise<void> => {
    const { bytes, mime } = await drawHeat(picture, map, context.signal);
    const { sha256 } = await context.blobs.putAnswer(bytes, { mime, collectionId });
    attachments.push({ role: 'match-map', blob: sha256, caption, index });
  };
  const read = async (picture: OpenedFile) =>
    context.stage(imageFeatures, picture, {}, { model: models.encoder });

  const picture = await context.openImage(await context.blobs.read(match.sha256));
  const seen = await read(picture);
  if (models.projection) {
    await attach('match', picture, await occlusion(context, models, { seen, direction: query.vector }));
    return attachments;
  }
  if (query.picture) {
    const asked = await query.picture();
    await attach('query', asked, agreement((await read(asked)).features, seen.embedding));
  }
  await attach('match', picture, agreement(seen.features, query.vector));
  return attachments;
}

/** How far the score falls when one cell is empty, in one batch: the projection is no mean, so it has no exact parts. */
async function occlusion(
  context: ResourceContext,
  { projection }: SpaceModels,
  { seen, direction }: { seen: { features: CellFeatures }; direction: Float32Array },
): Promise<CellMap> {
  const { features } = seen;
  const run = (input: CellFeatures) =>
    context.stage(imageProjection, input, {}, { model: projection as NonNullable<typeof projection> });
  const score = (vector: Float32Array): number =>
    vector.reduce((sum, value, index) => sum + value * (direction[index] as number), 0);
  const [whole] = await run(features);
  const parts = await run(withoutEachCell(features));
  const full = score(whole as Float32Array);
  const [, , height = 0, width = 0] = features.dims;
  return { width, height, values: Float32Array.from(parts, (part) => full - score(part)) };
}
type CellFeatures = Parameters<typeof withoutEachCell>[0];
