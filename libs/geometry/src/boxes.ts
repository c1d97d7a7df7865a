import type { Box } from '@fovea/contracts';

export interface Size {
  readonly width: number;
  readonly height: number;
}
/** The top left and bottom right corner of a box. */
export interface Corners {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * A box from two opposite corners in any order.
 * @example boxFromCorners(10, 20, 40, 60); // { x: 10, y: 20, width: 30, height: 40 }
 */
export const boxFromCorners = (x1: number, y1: number, x2: number, y2: number): Box => ({
  x: Math.min(x1, x2),
  y: Math.min(y1, y2),
  width: Math.abs(x2 - x1),
  height: Math.abs(y2 - y1),
});

export const boxCorners = (box: Box): Corners => ({
  left: box.x,
  top: box.y,
  right: box.x + box.width,
  bottom: box.y + box.height,
});

/** Width times height; 0 for a negative side. */
export const boxArea = (box: Box): number => Math.max(0, box.width) * Math.max(0, box.height);

/** True when all four numbers are finite and no side is negative. */
export const isBox = (box: Box): boolean =>
  Number.isFinite(box.x) &&
  Number.isFinite(box.y) &&
  box.width >= 0 &&
  box.height >= 0 &&
  boxArea(box) < Infinity;

/** What two boxes share; undefined when that has no area (touching edges share nothing) or is NaN. */
export function boxIntersection(a: Box, b: Box): Box | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** The smallest box around both. */
export function boxUnion(a: Box, b: Box): Box {
  const [one, two] = [boxCorners(a), boxCorners(b)];
  return boxFromCorners(
    Math.min(one.left, two.left),
    Math.min(one.top, two.top),
    Math.max(one.right, two.right),
    Math.max(one.bottom, two.bottom),
  );
}

/**
 * Intersection over union, 0..1; 0 when either has no area or a number is NaN.
 * @example boxIou({ x: 0, y: 0, width: 2, height: 1 }, { x: 1, y: 0, width: 2, height: 1 }); // 1/3
 */
export function boxIou(a: Box, b: Box): number {
  const shared = boxIntersection(a, b);
  if (!shared) return 0;
  const area = boxArea(shared);
  // Rounding of large offsets can make the shared part larger than the whole.
  return Math.min(1, area / (boxArea(a) + boxArea(b) - area));
}

/** The part inside a picture of that size; outside it a box of no area on the nearest edge. NaN stays NaN. */
export function clipBox(box: Box, size: Size): Box {
  const clampX = (x: number) => Math.max(0, Math.min(size.width, x));
  const clampY = (y: number) => Math.max(0, Math.min(size.height, y));
  const { left, top, right, bottom } = boxCorners(box);
  return boxFromCorners(clampX(left), clampY(top), clampX(right), clampY(bottom));
}

/**
 * The box grown (or shrunk) about its centre.
 * @example scaleBox({ x: 10, y: 10, width: 20, height: 20 }, 1.5); // { x: 5, y: 5, width: 30, height: 30 }
 */
export const scaleBox = (box: Box, factorX: number, factorY: number = factorX): Box => ({
  x: box.x + (box.width * (1 - factorX)) / 2,
  y: box.y + (box.height * (1 - factorY)) / 2,
  width: box.width * factorX,
  height: box.height * factorY,
});

/** Boxes as x, y, width, height one after another: what {@link nms} is fastest with. */
export function flattenBoxes(boxes: readonly Box[]): Float64Array {
  const flat = new Float64Array(boxes.length * 4);
  boxes.forEach((box, i) => flat.set([box.x, box.y, box.width, box.height], i * 4));
  return flat;
}
