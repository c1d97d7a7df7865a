import { polygonArea } from '@fovea/geometry';
import type { Shape } from './shapes.ts';

/**
 * The index of the item under a point of the picture (the pointer of a page), undefined where there is none.
 * Of several the smallest thing wins: a cup before the table it stands on.
 * @param reach how far beside a line or point still counts, in pixels of the picture. Default 0
 */
export function itemAt(
  shapes: readonly Shape[],
  point: { x: number; y: number },
  reach = 0,
): number | undefined {
  let found: number | undefined;
  let smallest = Infinity;
  for (const shape of shapes) {
    if (shape.item === undefined) continue;
    const area = areaUnder(shape, point, reach);
    // Shapes that come later lie on top.
    if (area < Infinity && area <= smallest) [found, smallest] = [shape.item, area];
  }
  return found;
}

/** The area of the shape if the point is on it, otherwise Infinity. */
function areaUnder(shape: Shape, { x, y }: { x: number; y: number }, reach: number): number {
  switch (shape.type) {
    case 'rect':
      return inBox(shape, x, y) ? shape.width * shape.height : Infinity;
    case 'text':
      return shape.plate && inBox(shape.plate, x, y) ? 0 : Infinity;
    case 'circle':
      return Math.hypot(x - shape.x, y - shape.y) <= shape.radius + reach ? 0 : Infinity;
    case 'line': {
      const [dx, dy] = [shape.x2 - shape.x1, shape.y2 - shape.y1];
      const squared = dx * dx + dy * dy;
      const along = squared === 0 ? 0 : ((x - shape.x1) * dx + (y - shape.y1) * dy) / squared;
      const t = Math.max(0, Math.min(1, along));
      const distance = Math.hypot(x - shape.x1 - t * dx, y - shape.y1 - t * dy);
      return distance <= shape.stroke.width / 2 + reach ? 0 : Infinity;
    }
    case 'polygon': {
      if (!inRings(shape.rings, x, y)) return Infinity;
      return Math.max(...shape.rings.map(polygonArea));
    }
  }
}

const inBox = (box: { x: number; y: number; width: number; height: number }, x: number, y: number): boolean =>
  x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;

/** Even-odd: inside when a ray to the left crosses the rings an odd number of times. */
function inRings(rings: readonly (readonly number[])[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings)
    for (let i = 0, j = ring.length - 2; i + 1 < ring.length; j = i, i += 2) {
      const [ay, by] = [ring[i + 1]!, ring[j + 1]!];
      if (ay > y === by > y) continue;
      const crossing = ring[i]! + ((y - ay) / (by - ay)) * (ring[j]! - ring[i]!);
      if (crossing < x) inside = !inside;
    }
  return inside;
}
