import type { Box } from '@fovea/contracts';
import {
  boxArea,
  boxCorners,
  boxFromCorners,
  boxIntersection,
  boxIou,
  type Corners,
  type Size,
} from '@fovea/geometry';
import { byRank, type Detection } from './candidates.ts';

/** A detection and the region of the picture that it was seen in. */
export interface Sighting {
  readonly detection: Detection;
  readonly region: Box;
}

/** From this overlap on, two sightings are of one object (SAHI's threshold for its merging). */
const SAME = 0.5;
/** A side this near to where its region ends, as a share of the region, was cut off there. */
const CUT = 0.02;

interface Seen extends Sighting {
  readonly corners: Corners;
  /** The sides that the region cut off. */
  readonly cut: Readonly<Record<keyof Corners, boolean>>;
  readonly isCut: boolean;
}

/**
 * One detection for each object that was seen in several overlapping regions: greedy non-maximum merging after SAHI
 * (Akyon et al. 2022), the best first. Sightings are of one object when they agree in the part of the picture that both
 * regions show (IoU), or when one was cut off by its region and lies mostly in the other (SAHI's intersection over the
 * smaller). So halves of an object become one, and a small object before a large one of its kind stays.
 * A merged detection has the best score; each side comes from the best sighting that was not cut off there.
 * @param options picture: its size; classAware: only sightings of one label merge, default true
 * @returns best first; not suppressed among one another
 * @example mergeSightings([{ detection: leftHalf, region: left }, { detection: rightHalf, region: right }], { picture });
 */
export function mergeSightings(
  sightings: readonly Sighting[],
  options: { picture: Size; classAware?: boolean },
): Detection[] {
  const { picture, classAware = true } = options;
  const seen = sightings
    .map((sighting) => withCuts(sighting, picture))
    .sort((a, b) => byRank(a.detection, b.detection) || byRegion(a.region, b.region));
  const byClass = Map.groupBy(seen, ({ detection }) => (classAware ? detection.classId : 0));
  return [...byClass.values()].flatMap(mergeClass).sort(byRank);
}

const byRegion = (a: Box, b: Box): number =>
  a.y - b.y || a.x - b.x || a.width - b.width || a.height - b.height;

function withCuts(sighting: Sighting, picture: Size): Seen {
  const { detection, region } = sighting;
  const [box, edge] = [boxCorners(detection.box), boxCorners(region)];
  const [nearX, nearY] = [region.width * CUT, region.height * CUT];
  const cut = {
    left: edge.left > 0 && box.left <= edge.left + nearX,
    top: edge.top > 0 && box.top <= edge.top + nearY,
    right: edge.right < picture.width && box.right >= edge.right - nearX,
    bottom: edge.bottom < picture.height && box.bottom >= edge.bottom - nearY,
  };
  return { detection, region, corners: box, cut, isCut: cut.left || cut.top || cut.right || cut.bottom };
}

/** Groups the sightings of one label, each around the best that is left; every group becomes one detection. */
function mergeClass(seen: readonly Seen[]): Detection[] {
  const merged: Detection[] = [];
  const waiting = new Set(seen);
  for (const seed of seen) {
    if (!waiting.delete(seed)) continue;
    const group = [seed];
    // Who joins can bring others in: the halves of an object need not overlap enough, their neighbours do.
    for (const member of group)
      for (const other of waiting) {
        if (!overlap(member.corners, other.corners) || !isSame(member, other)) continue;
        // After suppression a region shows an object once.
        if (group.some(({ region }) => region === other.region)) continue;
        waiting.delete(other);
        group.push(other);
      }
    merged.push(joined(group));
  }
  return merged;
}

const overlap = (a: Corners, b: Corners): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function isSame(a: Seen, b: Seen): boolean {
  const [one, two] = [a.detection.box, b.detection.box];
  const shared = boxIntersection(one, two);
  if (!shared) return false;
  const both = boxIntersection(a.region, b.region);
  const [first, second] = both ? [boxIntersection(one, both), boxIntersection(two, both)] : [];
  if (first && second && boxIou(first, second) >= SAME) return true;
  const smaller = boxArea(one) <= boxArea(two) ? a : b;
  return smaller.isCut && boxArea(shared) >= SAME * boxArea(smaller.detection.box);
}

/** One detection from its sightings. */
function joined(sightings: readonly Seen[]): Detection {
  const group = sightings.toSorted((a, b) => byRank(a.detection, b.detection));
  const [best] = group as [Seen];
  if (group.length === 1) return best.detection;
  const side = (name: keyof Corners, outermost: (...values: number[]) => number): number => {
    const whole = group.find(({ cut }) => !cut[name]);
    return whole?.corners[name] ?? outermost(...group.map(({ corners }) => corners[name]));
  };
  const box = boxFromCorners(
    side('left', Math.min),
    side('top', Math.min),
    side('right', Math.max),
    side('bottom', Math.max),
  );
  return { ...best.detection, box };
}
