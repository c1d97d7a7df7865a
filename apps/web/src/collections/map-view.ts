// Where the map's plane (0..1 both ways) lies on the screen. All lengths in CSS pixels.

export interface MapView {
  /** Pixels for the whole plane. */
  readonly scale: number;
  /** Of the plane's origin on the screen. */
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Place {
  readonly x: number;
  readonly y: number;
}

const MARGIN = 24;
const MOST_ZOOM = 200;
/** Pictures are drawn when they are at least so large, and never larger. */
const LEAST_PICTURE = 22;
const LARGEST_PICTURE = 150;

const fitScale = ({ width, height }: Size): number => Math.max(1, Math.min(width, height) - 2 * MARGIN);

/** Everything, in the middle. */
export function fit(size: Size): MapView {
  const scale = fitScale(size);
  return { scale, x: (size.width - scale) / 2, y: (size.height - scale) / 2 };
}

/** Nearer (factor above 1) or farther, while the point under `at` stays where it is. */
export function zoom(view: MapView, size: Size, { factor, at }: { factor: number; at: Place }): MapView {
  const least = fitScale(size) / 2;
  const scale = Math.min(least * 2 * MOST_ZOOM, Math.max(least, view.scale * factor));
  const ratio = scale / view.scale;
  return keep({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, size);
}

export const pan = (view: MapView, size: Size, by: Place): MapView =>
  keep({ ...view, x: view.x + by.x, y: view.y + by.y }, size);

/** Some of the plane always stays on the screen: nobody gets lost. */
function keep(view: MapView, { width, height }: Size): MapView {
  const clamp = (value: number, length: number): number =>
    Math.min(length / 2, Math.max(length / 2 - view.scale, value));
  return { ...view, x: clamp(view.x, width), y: clamp(view.y, height) };
}

export const toScreen = (view: MapView, point: Place): Place => ({
  x: view.x + point.x * view.scale,
  y: view.y + point.y * view.scale,
});

/** The side of a picture at this zoom; 0 = a dot. `count` points share the plane. */
export function pictureSide(view: MapView, count: number): number {
  const side = (view.scale / Math.sqrt(Math.max(1, count))) * 0.8;
  return side < LEAST_PICTURE ? 0 : Math.min(LARGEST_PICTURE, side);
}

/** The indexes of the points on the screen, pictures of side `side` at its edge included. */
export function visible(
  points: readonly Place[],
  view: MapView,
  { width, height, side }: Size & { side: number },
): number[] {
  const half = side / 2 + 4;
  const found: number[] = [];
  points.forEach((point, at) => {
    const { x, y } = toScreen(view, point);
    if (x > -half && y > -half && x < width + half && y < height + half) found.push(at);
  });
  return found;
}

/** The point that is drawn nearest to a place of the screen, within reach; -1 where there is none. */
export function nearest(
  points: readonly Place[],
  view: MapView,
  { at, reach }: { at: Place; reach: number },
): number {
  let best = -1;
  let least = reach * reach;
  points.forEach((point, index) => {
    const { x, y } = toScreen(view, point);
    const distance = (x - at.x) ** 2 + (y - at.y) ** 2;
    // Of equals the last: it is drawn on top.
    if (distance <= least) {
      least = distance;
      best = index;
    }
  });
  return best;
}
