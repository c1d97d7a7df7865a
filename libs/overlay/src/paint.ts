import { HALO } from './outline.ts';
import type { Shape, Stroke, TextShape } from './shapes.ts';

/**
 * What is used of a CanvasRenderingContext2D (a browser's, a worker's or a server's).
 * The styles are `unknown` because a real context also holds gradients and patterns in them.
 */
export interface Canvas {
  fillStyle: unknown;
  strokeStyle: unknown;
  textAlign: unknown;
  textBaseline: unknown;
  lineCap: unknown;
  lineJoin: unknown;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  save(): void;
  restore(): void;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, startAngle: number, endAngle: number): void;
  arcTo(x1: number, y1: number, x2: number, y2: number, radius: number): void;
  fill(rule?: 'nonzero' | 'evenodd'): void;
  stroke(): void;
  fillText(text: string, x: number, y: number): void;
  setLineDash(segments: number[]): void;
}

/**
 * Draws the shapes on a canvas whose units are pixels of the picture (set its transform for another size).
 * The state of the context is left as it was.
 * @example context.setTransform(zoom, 0, 0, zoom, 0, 0); paint(context, toScene(result, view));
 */
export function paint(context: Canvas, shapes: readonly Shape[]): void {
  context.save();
  context.textBaseline = 'alphabetic';
  context.lineJoin = 'round';
  for (const shape of shapes) paintShape(context, shape, shape.opacity ?? 1);
  context.restore();
}

function paintShape(context: Canvas, shape: Shape, opacity: number): void {
  context.lineCap = shape.type === 'line' ? 'round' : 'butt';
  switch (shape.type) {
    case 'rect':
      roundedRect(context, shape, shape.radius ?? 0);
      return fillAndStroke(context, { ...shape, opacity });
    case 'polygon':
      context.beginPath();
      for (const ring of shape.rings) trace(context, ring);
      return fillAndStroke(context, { ...shape, opacity });
    case 'line':
      context.beginPath();
      context.moveTo(shape.x1, shape.y1);
      context.lineTo(shape.x2, shape.y2);
      return fillAndStroke(context, { stroke: shape.stroke, opacity });
    case 'circle':
      context.beginPath();
      context.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
      return fillAndStroke(context, { ...shape, opacity });
    case 'text':
      return paintText(context, shape, opacity);
  }
}

interface Ink {
  readonly fill?: string;
  readonly fillOpacity?: number;
  readonly stroke?: Stroke;
  readonly opacity: number;
}
/** Halo, fill, line of the current path, in this order, as the SVG has them. */
function fillAndStroke(context: Canvas, { fill, fillOpacity = 1, stroke, opacity }: Ink): void {
  context.setLineDash([]);
  if (stroke?.halo)
    line(context, { color: stroke.halo, width: stroke.width * HALO, opacity: 0.55 * opacity });
  if (fill) {
    context.globalAlpha = opacity * fillOpacity;
    context.fillStyle = fill;
    context.fill('evenodd');
  }
  if (!stroke) return;
  // The halo is not dashed: the gaps of a dashed line are dark.
  context.setLineDash([...(stroke.dash ?? [])]);
  line(context, { ...stroke, opacity });
}

function line(
  context: Canvas,
  { color, width, opacity }: { color: string; width: number; opacity: number },
): void {
  context.globalAlpha = opacity;
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

function paintText(context: Canvas, shape: TextShape, opacity: number): void {
  const { plate } = shape;
  if (plate) {
    roundedRect(context, plate, plate.radius);
    fillAndStroke(context, { fill: plate.color, opacity: opacity * (plate.opacity ?? 1) });
  }
  context.globalAlpha = opacity;
  context.fillStyle = shape.color;
  context.font = `${shape.fontSize}px sans-serif`;
  context.textAlign = ALIGN[shape.anchor ?? 'left'];
  context.fillText(shape.text, shape.x, shape.y);
}

const ALIGN = { left: 'left', middle: 'center', right: 'right' } as const;

function trace(context: Canvas, ring: readonly number[]): void {
  if (ring.length < 4) return;
  context.moveTo(ring[0]!, ring[1]!);
  for (let i = 2; i + 1 < ring.length; i += 2) context.lineTo(ring[i]!, ring[i + 1]!);
  context.closePath();
}

function roundedRect(
  context: Canvas,
  box: { x: number; y: number; width: number; height: number },
  radius: number,
): void {
  const { x, y } = box;
  const [right, bottom] = [x + box.width, y + box.height];
  const r = Math.min(radius, box.width / 2, box.height / 2);
  context.beginPath();
  context.moveTo(x + r, y);
  context.arcTo(right, y, right, bottom, r);
  context.arcTo(right, bottom, x, bottom, r);
  context.arcTo(x, bottom, x, y, r);
  context.arcTo(x, y, right, y, r);
  context.closePath();
}
