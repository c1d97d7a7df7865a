import { MIN_KEYPOINT_SCORE, type ResultOf } from '@fovea/contracts';
import { BLACK, labelColour } from '../colours.ts';
import { keypointsLabel } from '../items.ts';
import { haloed, visibleBox } from '../outline.ts';
import { PlateLayout, type PlateRequest } from '../plates.ts';
import type { CircleShape, Shape } from '../shapes.ts';
import { LIMBS } from '../skeletons.ts';
import { emphasis, isShown, metrics, type View } from '../view.ts';

type Result = ResultOf<'keypoints'>;
type Item = Result['items'][number];
type Keypoint = Item['keypoints'][number];

/** The points of a face are many: they must not hide it. */
const FACE_POINT_OPACITY = 0.55;

/**
 * Limbs and joints; the person's left, right and middle (and each finger) have colours of their own, a face has its
 * contours as lines and the other points faintly. Where there are several, small plates number them as lists do.
 */
export function keypointsScene({ skeleton, items }: Result, view: View): Shape[] {
  const shapes: Shape[] = [];
  const requests: PlateRequest[] = [];
  const shown = items
    .map((item, index) => ({ item, index, label: keypointsLabel(skeleton, item) }))
    .filter(({ item, label }) => isShown(view, label, item.score));
  for (const { item, index, label } of shown) {
    const link = { item: index, label, opacity: emphasis(view, index) };
    const drawn = skeleton === 'face468' ? faceShapes(item, view) : bodyShapes(skeleton, item, view);
    shapes.push(
      ...drawn.map((shape) => ({ ...shape, ...link, opacity: (shape.opacity ?? 1) * link.opacity })),
    );
    const box = visibleBox(item.box, view);
    if (box) requests.push({ ...link, texts: [String(index + 1)], colour: BLACK, box });
  }
  const layout = new PlateLayout(view, requests.length);
  if (items.length > 1) requests.forEach((request) => layout.place(request));
  return [...shapes, ...layout.shapes];
}

function bodyShapes(
  skeleton: Exclude<Result['skeleton'], 'face468'>,
  { box, keypoints }: Item,
  view: View,
): Shape[] {
  const { lineWidth } = metrics(view);
  const size = Math.min(lineWidth * 1.6, sizeOf(box, lineWidth));
  const shapes: Shape[] = [];
  for (const [from, to] of LIMBS[skeleton]) {
    const [a, b] = [keypoints[from], keypoints[to]];
    if (!isVisible(a, view) || !isVisible(b, view)) continue;
    const stroke = haloed(colourOf(skeleton, Math.max(from, to), [a, b]), size);
    shapes.push({ type: 'line', x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke });
  }
  const radius = size * 1.3;
  const stroke = { color: BLACK, width: size * 0.4 };
  keypoints.forEach((point, index) => {
    if (isVisible(point, view))
      shapes.push({ ...circle(point, radius, view), fill: colourOf(skeleton, index, [point]), stroke });
  });
  return shapes;
}

function faceShapes({ box, keypoints }: Item, view: View): Shape[] {
  const { lineWidth } = metrics(view);
  const size = Math.min(lineWidth * 0.75, sizeOf(box, lineWidth) * 0.6);
  const onContours = new Set(LIMBS.face468.flat());
  const shapes: Shape[] = [];
  // Below the contours, without borders: 468 rings would be all that is seen.
  keypoints.forEach((point, index) => {
    if (isVisible(point, view) && !onContours.has(index))
      shapes.push({ ...circle(point, size * 0.6, view), fill: SIDES.middle, opacity: FACE_POINT_OPACITY });
  });
  for (const [from, to] of LIMBS.face468) {
    const [a, b] = [keypoints[from], keypoints[to]];
    if (isVisible(a, view) && isVisible(b, view))
      shapes.push({ type: 'line', x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke: haloed(FACE_LINE, size) });
  }
  return shapes;
}

/** Lines on a far-off person must not be thicker than the person. */
function sizeOf(box: { width: number; height: number }, lineWidth: number): number {
  const longest = Math.max(box.width, box.height);
  return longest > 0 ? Math.max(longest / 60, lineWidth / 2) : lineWidth * 2;
}

const isVisible = (point: Keypoint | undefined, view: View): point is Keypoint =>
  point !== undefined &&
  point.score >= MIN_KEYPOINT_SCORE &&
  point.x >= 0 &&
  point.y >= 0 &&
  point.x <= view.width &&
  point.y <= view.height;

/** A joint on the very edge is drawn beside it. */
function circle({ x, y }: Keypoint, radius: number, view: View): CircleShape {
  const clamp = (value: number, max: number) => {
    const reach = Math.min(radius * 1.3, max / 2);
    return Math.max(reach, Math.min(max - reach, value));
  };
  return { type: 'circle', x: clamp(x, view.width), y: clamp(y, view.height), radius };
}

function colourOf(
  skeleton: Exclude<Result['skeleton'], 'face468'>,
  index: number,
  points: readonly Keypoint[],
): string {
  if (skeleton === 'hand21') return labelColour({ label: 'finger', classId: Math.ceil(index / 4) });
  const sides = new Set(points.map(({ name }) => /^(left|right)/.exec(name)?.[1] ?? 'middle'));
  return sides.size === 1 ? SIDES[[...sides][0] as keyof typeof SIDES] : SIDES.middle;
}
/** Blue and orange: told apart with any colour vision. */
const SIDES = { left: '#4cc2ff', right: '#ff9f45', middle: '#f4f1de' } as const;
const FACE_LINE = '#6ff0d8';
