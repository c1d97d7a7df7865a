import type { ResultOf } from '@fovea/contracts';
import { BLACK, labelColour } from '../colours.ts';
import { haloed } from '../outline.ts';
import type { Shape } from '../shapes.ts';
import { LIMBS } from '../skeletons.ts';
import { emphasis, isShown, metrics, type View } from '../view.ts';

type Result = ResultOf<'keypoints'>;
type Keypoint = Result['items'][number]['keypoints'][number];

/** Keypoints below it are guesses about what is hidden. */
const MIN_KEYPOINT_SCORE = 0.2;

/** What hiddenLabels and hovering know these by. */
const LABEL: Readonly<Record<Result['skeleton'], string>> = {
  coco17: 'person',
  hand21: 'hand',
  face468: 'face',
};

/** Limbs and joints; the person's left, right and middle (and each finger) have colours of their own. */
export function keypointsScene({ skeleton, items }: Result, view: View): Shape[] {
  const { lineWidth } = metrics(view);
  const shapes: Shape[] = [];
  items.forEach((person, item) => {
    const label = LABEL[skeleton];
    if (!isShown(view, label, person.score)) return;
    const link = { item, label, opacity: emphasis(view, item) };
    const size = Math.min(lineWidth * 1.6, sizeOf(person.box, lineWidth));
    const visible = (point: Keypoint | undefined): point is Keypoint =>
      point !== undefined && point.score >= MIN_KEYPOINT_SCORE && isInside(point, view);
    for (const [from, to] of LIMBS[skeleton]) {
      const [a, b] = [person.keypoints[from], person.keypoints[to]];
      if (!visible(a) || !visible(b)) continue;
      const stroke = haloed(colourOf(skeleton, Math.max(from, to), a, b), size);
      shapes.push({ type: 'line', x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke, ...link });
    }
    const radius = skeleton === 'face468' ? size * 0.5 : size * 1.3;
    const border = { color: BLACK, width: size * 0.4 };
    person.keypoints.forEach((point, index) => {
      if (!visible(point)) return;
      const fill = colourOf(skeleton, index, point);
      const stroke = skeleton === 'face468' ? {} : { stroke: border };
      shapes.push({
        type: 'circle',
        ...pulledIn(point, radius * 1.3, view),
        radius,
        fill,
        ...stroke,
        ...link,
      });
    });
  });
  return shapes;
}

/** Lines on a far-off person must not be thicker than the person. */
function sizeOf(box: { width: number; height: number }, lineWidth: number): number {
  const longest = Math.max(box.width, box.height);
  return longest > 0 ? Math.max(longest / 60, lineWidth / 2) : lineWidth * 2;
}

const isInside = ({ x, y }: Keypoint, view: View) => x >= 0 && y >= 0 && x <= view.width && y <= view.height;

/** A joint on the very edge is drawn beside it. */
function pulledIn({ x, y }: Keypoint, reach: number, view: View): { x: number; y: number } {
  const clamp = (value: number, max: number) =>
    Math.max(Math.min(reach, max / 2), Math.min(max - Math.min(reach, max / 2), value));
  return { x: clamp(x, view.width), y: clamp(y, view.height) };
}

function colourOf(skeleton: Result['skeleton'], index: number, ...points: readonly Keypoint[]): string {
  if (skeleton === 'hand21') return labelColour({ label: 'finger', classId: Math.ceil(index / 4) });
  if (skeleton === 'face468') return SIDES.middle;
  const sides = new Set(points.map(({ name }) => /^(left|right)/.exec(name)?.[1] ?? 'middle'));
  return sides.size === 1 ? SIDES[[...sides][0] as keyof typeof SIDES] : SIDES.middle;
}
/** Blue and orange: told apart with any colour vision. */
const SIDES = { left: '#4cc2ff', right: '#ff9f45', middle: '#f4f1de' } as const;
