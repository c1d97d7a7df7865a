import type { Box } from '@fovea/contracts';
import { clipBox, isBox } from '@fovea/geometry';
import { BLACK } from './colours.ts';
import type { RectShape, Stroke } from './shapes.ts';
import { metrics, type View } from './view.ts';

/** The part of a box in the picture, at least a line wide; undefined where it is outside or not a box. */
export function visibleBox(box: Box, view: View): Box | undefined {
  const outside =
    box.x >= view.width || box.y >= view.height || box.x + box.width < 0 || box.y + box.height < 0;
  if (!isBox(box) || outside) return undefined;
  const { lineWidth } = metrics(view);
  const clipped = clipBox(box, view);
  const width = Math.max(clipped.width, lineWidth);
  const height = Math.max(clipped.height, lineWidth);
  return {
    x: Math.min(clipped.x, view.width - width),
    y: Math.min(clipped.y, view.height - height),
    width,
    height,
  };
}

/** How wide the line of a box is: a small thing must not be hidden by its own frame. */
export function lineOf(box: Box, view: View): number {
  const { lineWidth } = metrics(view);
  return Math.max(lineWidth / 2, Math.min(lineWidth, Math.min(box.width, box.height) / 14));
}

/** A line with a dark halo, so that it shows on any picture. */
export const haloed = (color: string, width: number): Stroke => ({ color, width, halo: BLACK });
/** How much wider than its line a halo is. */
export const HALO = 1.8;

/** The frame of a box, its line (and halo) inside the picture. */
export function outline(box: Box, stroke: Stroke, view: View): Omit<RectShape, 'item' | 'label'> {
  const inset = Math.min((stroke.width * (stroke.halo ? HALO : 1)) / 2, view.width / 2, view.height / 2);
  const clamp = (value: number, max: number) => Math.max(inset, Math.min(max - inset, value));
  const [x, y] = [clamp(box.x, view.width), clamp(box.y, view.height)];
  const [right, bottom] = [clamp(box.x + box.width, view.width), clamp(box.y + box.height, view.height)];
  return { type: 'rect', x, y, width: right - x, height: bottom - y, stroke };
}

/** Points of a polygon moved into the picture. */
export const clampRing = (ring: readonly number[], view: View): number[] =>
  ring.map((value, i) => Math.max(0, Math.min(i % 2 === 0 ? view.width : view.height, value)));
