import type { Picture, RunContext } from '@fovea/application';
import { VisionError, type Box } from '@fovea/contracts';
import {
  detect,
  detectRegions,
  mergeSightings,
  planTiles,
  suppress,
  type Detection,
  type DetectParams,
  type Sighting,
} from '@fovea/stages';

export interface TileParams {
  /** Side of a tile in pixels of the picture; left out: the whole picture at once. */
  readonly tiles?: number | undefined;
  /** How much neighbouring tiles share, 0..0.9 of a side. */
  readonly tileOverlap: number;
}

/** Tiles of one request: some minutes of two cores. */
export const MAX_TILES = 1000;
/** Tiles that are in memory and on the device at once; between such chunks a run can be cancelled. */
const CHUNK = 4;
/** Sightings that are kept while tiles go by, the best: the time to merge them grows with their square. */
const MAX_SIGHTINGS = 3000;

/**
 * The objects of a picture: at once, or with `tiles` also in overlapping tiles whose sightings are merged.
 * @param options role: of the detector, default `primary`
 * @throws INVALID_PARAMETER for more than {@link MAX_TILES} tiles
 * @example const items = await detectObjects(context, image, { minScore: 0.3, maxItems: 100, tiles: 640, tileOverlap: 0.2 });
 */
export async function detectObjects(
  context: RunContext,
  picture: Picture,
  params: DetectParams & TileParams,
  options: { role?: string } = {},
): Promise<Detection[]> {
  const { tiles: side, tileOverlap: overlap } = params;
  if (side === undefined) return context.stage(detect, picture, params, options);
  const plan = planTiles(picture, { side, overlap });
  if (plan.count > MAX_TILES) throw tooManyTiles(picture, { side, overlap, count: plan.count });
  const whole = await context.stage(detect, picture, params, options);
  if (plan.count === 1) return whole;

  const everything: Box = { x: 0, y: 0, width: picture.width, height: picture.height };
  let sightings: Sighting[] = whole.map((detection) => ({ detection, region: everything }));
  for (let done = 0; done < plan.count;) {
    const regions = Array.from({ length: Math.min(CHUNK, plan.count - done) }, (_, i) => plan.tile(done + i));
    const found = await context.stage(detectRegions, { picture, regions }, params, options);
    for (const [index, region] of regions.entries())
      for (const detection of found[index] ?? []) sightings.push({ detection, region });
    sightings = best(sightings);
    done += regions.length;
    context.progress(done, plan.count, 'tiles');
  }
  return suppress(mergeSightings(sightings, { picture, ...params }), params);
}

const best = (sightings: Sighting[]): Sighting[] =>
  sightings.length <= MAX_SIGHTINGS
    ? sightings
    : sightings.sort((a, b) => b.detection.score - a.detection.score).slice(0, MAX_SIGHTINGS);

function tooManyTiles(
  picture: Picture,
  { side, overlap, count }: { side: number; overlap: number; count: number },
): VisionError {
  let enough = side;
  while (planTiles(picture, { side: enough, overlap }).count > MAX_TILES) enough++;
  const message = `at most ${MAX_TILES} tiles; ${side} px with an overlap of ${overlap} make ${count}`;
  return new VisionError('INVALID_PARAMETER', `tiles: ${message}`, {
    errors: [{ path: 'tiles', message }],
    hint: `For this picture of ${picture.width} x ${picture.height}: tiles of ${enough} px or more, or less tileOverlap.`,
  });
}
