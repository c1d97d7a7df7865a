import type { ResultOf } from '@fovea/contracts';
import { labelColour } from '../colours.ts';
import { haloed, lineOf, outline, visibleBox } from '../outline.ts';
import { PlateLayout, type PlateRequest } from '../plates.ts';
import type { Shape } from '../shapes.ts';
import { emphasis, isShown, metrics, type View } from '../view.ts';

/** Frames with track numbers; every track has a colour of its own; lost ones are dashed, tentative ones thin. */
export function tracksScene(result: ResultOf<'tracks'>, view: View): Shape[] {
  const { lineWidth } = metrics(view);
  const frames: Shape[] = [];
  const layout = new PlateLayout(view, result.items.length);
  let wanted: PlateRequest | undefined;
  result.items.forEach(({ trackId, label, score, box: whole, state }, item) => {
    const box = visibleBox(whole, view);
    if (!box || !isShown(view, label, score)) return;
    const color = labelColour({ label, classId: trackId });
    const link = { item, label, opacity: emphasis(view, item) };
    const width = lineOf(box, view) * (state === 'tentative' ? 0.5 : 1);
    const dash = [lineWidth * 4, lineWidth * 3] as const;
    const stroke = { ...haloed(color, width), ...(state === 'lost' ? { dash } : {}) };
    frames.push({ ...outline(box, stroke, view), ...link });
    if (state === 'tentative') return;
    const request = { ...link, texts: [`${label} #${trackId}`, `#${trackId}`], colour: color, box };
    layout.place(request);
    if (item === view.highlighted) wanted = request;
  });
  if (wanted) layout.insist(wanted);
  return [...frames, ...layout.shapes];
}
