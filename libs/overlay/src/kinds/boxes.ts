import type { ResultOf, Rle } from '@fovea/contracts';
import { maskContours } from '@fovea/geometry';
import { labelColour } from '../colours.ts';
import { clampRing, haloed, outline, visibleBox } from '../outline.ts';
import { percent } from '../panel.ts';
import { PlateLayout } from '../plates.ts';
import type { Shape } from '../shapes.ts';
import { emphasis, isShown, metrics, type View } from '../view.ts';

type Item = ResultOf<'boxes'>['items'][number];

/** Frames (or masks, where there are any) with name plates: masks lowest, plates on top. */
export function boxesScene(result: ResultOf<'boxes'>, view: View): Shape[] {
  const { lineWidth } = metrics(view);
  const areas: Shape[] = [];
  const frames: Shape[] = [];
  const plates: Shape[] = [];
  const layout = new PlateLayout(view);
  for (const { item, index } of inOrder(result.items, view)) {
    const box = visibleBox(item.box, view);
    if (!box) continue;
    const color = labelColour(item);
    const link = { item: index, label: item.label, opacity: emphasis(view, index) };
    const width = lineWidth * (view.highlighted === index ? 1.6 : 1);
    const rings = ringsOf(item, view);
    if (rings.length > 0)
      areas.push({
        type: 'polygon',
        rings,
        fill: color,
        fillOpacity: 0.38,
        stroke: { color, width: width * 0.75 },
        ...link,
      });
    // Beside a mask the frame only helps the eye: thinner.
    const stroke = rings.length > 0 ? haloed(color, width * 0.6) : haloed(color, width);
    frames.push({ ...outline(box, stroke, view), ...link });
    const text = `${item.label} ${percent(item.score)}`;
    const plate = layout.place({
      text,
      colour: color,
      box,
      item: index,
      label: item.label,
      opacity: link.opacity,
    });
    if (plate) plates.push(plate);
  }
  return [...areas, ...frames, ...plates];
}

/** The items to draw, the highlighted first, then by score: that is the order in which plates get their places. */
function inOrder(items: readonly Item[], view: View): { item: Item; index: number }[] {
  return items
    .map((item, index) => ({ item, index }))
    .filter(({ item }) => isShown(view, item.label, item.score))
    .sort((a, b) => rank(b) - rank(a) || a.index - b.index);
  function rank({ item, index }: { item: Item; index: number }): number {
    return index === view.highlighted ? Infinity : item.score;
  }
}

function ringsOf(item: Item, view: View): number[][] {
  if (item.mask) return contoursOf(item.mask).map((ring) => clampRing(ring, view));
  return (item.polygons ?? [])
    .filter((ring) => ring.every(Number.isFinite))
    .map((ring) => clampRing(ring, view));
}

/** A page draws the same result again on every move of the pointer: outlines are kept as long as their mask lives. */
const outlines = new WeakMap<Rle, number[][]>();
function contoursOf(mask: Rle): number[][] {
  let rings = outlines.get(mask);
  if (!rings) {
    const { outer, holes } = maskContours(mask);
    outlines.set(mask, (rings = [...outer, ...holes]));
  }
  return rings;
}
