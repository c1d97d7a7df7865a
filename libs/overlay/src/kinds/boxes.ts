import type { ResultOf, Rle } from '@fovea/contracts';
import { maskContours } from '@fovea/geometry';
import { labelColour } from '../colours.ts';
import { clampRing, haloed, lineOf, outline, visibleBox } from '../outline.ts';
import { percent } from '../panel.ts';
import { PlateLayout, type PlateRequest } from '../plates.ts';
import type { Shape } from '../shapes.ts';
import { emphasis, isShown, type View } from '../view.ts';

type Item = ResultOf<'boxes'>['items'][number];

/** Frames (or masks, where there are any) with name plates: masks lowest, plates on top. */
export function boxesScene(result: ResultOf<'boxes'>, view: View): Shape[] {
  const areas: Shape[] = [];
  const frames: Shape[] = [];
  const shown = inOrder(result.items, view);
  const layout = new PlateLayout(view, shown.length);
  let wanted: PlateRequest | undefined;
  for (const { item, index } of shown) {
    const box = visibleBox(item.box, view);
    if (!box) continue;
    const color = labelColour(item);
    const link = { item: index, label: item.label, opacity: emphasis(view, index) };
    const width = lineOf(box, view) * (view.highlighted === index ? 1.6 : 1);
    const rings = ringsOf(item, view);
    if (rings.length > 0)
      areas.push({
        type: 'polygon',
        rings,
        fill: color,
        fillOpacity: 0.38,
        // The halo tells neighbours of one class apart.
        stroke: haloed(color, width * 0.75),
        ...link,
      });
    // Beside a mask the frame only helps the eye: thinner.
    const stroke = rings.length > 0 ? { color, width: width * 0.5 } : haloed(color, width);
    frames.push({ ...outline(box, stroke, view), ...link });
    const texts = [`${item.label} ${percent(item.score)}`, item.label];
    const request: PlateRequest = { ...link, texts, colour: color, box };
    layout.place(request);
    if (index === view.highlighted) wanted = request;
  }
  if (wanted) layout.insist(wanted);
  return [...areas, ...frames, ...layout.shapes];
}

/**
 * The items to draw, by score: that is the order in which plates get their places. The highlighted one has no better
 * place: names must not jump about under a moving pointer.
 */
function inOrder(items: readonly Item[], view: View): { item: Item; index: number }[] {
  return items
    .map((item, index) => ({ item, index }))
    .filter(({ item }) => isShown(view, item.label, item.score))
    .sort((a, b) => b.item.score - a.item.score || a.index - b.index);
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
