import { HALO } from './outline.ts';
import type { Plate, Shape, Stroke, TextShape } from './shapes.ts';

export interface SvgOptions {
  /** Of the picture, in pixels: the coordinates of the shapes. */
  readonly width: number;
  readonly height: number;
  /** Pixels of the SVG per pixel of the picture. Default 1. */
  readonly scale?: number;
  /** A picture below the shapes, stretched to the size: a `data:` address, so that the document stays self-contained. */
  readonly underlay?: string;
}

/**
 * The shapes as a self-contained SVG document with a transparent ground; the same shapes give the same text.
 * @throws RangeError when width, height or scale is not positive, or the underlay is no data: address
 * @example toSvg(toScene(result, { width: 640, height: 480 }), { width: 640, height: 480 });
 */
export function toSvg(shapes: readonly Shape[], options: SvgOptions): string {
  const { width, height, scale = 1, underlay } = options;
  if (![width, height, scale].every((value) => value > 0 && Number.isFinite(value)))
    throw new RangeError(`an SVG needs a size, got ${width} x ${height} at ${scale}`);
  if (underlay !== undefined && !underlay.startsWith('data:'))
    throw new RangeError('underlay must be a data: address');
  const size = attributes({ width: width * scale, height: height * scale });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg"${size} viewBox="0 0 ${round(width)} ${round(height)}" font-family="sans-serif">`,
    ...(underlay === undefined ? [] : [imageElement(underlay, width, height)]),
    ...shapes.flatMap(elements),
    '</svg>\n',
  ].join('\n');
}

/** Pixels stay pixels: between two classes there is no third. */
const imageElement = (href: string, width: number, height: number): string =>
  `<image${attributes({ width, height, href, preserveAspectRatio: 'none', style: 'image-rendering:pixelated' })}/>`;

function elements(shape: Shape): string[] {
  const data = attributes({ 'data-item': shape.item, 'data-label': shape.label });
  switch (shape.type) {
    case 'rect': {
      const { x, y, width, height, radius } = shape;
      return stroked('rect', attributes({ x, y, width, height, rx: radius }), shape, data);
    }
    case 'polygon': {
      const path = attributes({ d: shape.rings.map(ringPath).join(''), 'fill-rule': 'evenodd' });
      return stroked('path', path, shape, data, shape.fillOpacity);
    }
    case 'line': {
      const { x1, y1, x2, y2 } = shape;
      return stroked('line', attributes({ x1, y1, x2, y2, 'stroke-linecap': 'round' }), shape, data);
    }
    case 'circle':
      return stroked('circle', attributes({ cx: shape.x, cy: shape.y, r: shape.radius }), shape, data);
    case 'text':
      return textElements(shape, data);
  }
}

interface Paint {
  readonly fill?: string;
  readonly stroke?: Stroke;
  readonly opacity?: number;
}
/** The element, and below it its halo. */
function stroked(name: string, geometry: string, paint: Paint, data: string, fillOpacity?: number): string[] {
  const { fill, stroke, opacity } = paint;
  const own = attributes({
    fill: fill ?? 'none',
    'fill-opacity': fillOpacity,
    ...strokeAttributes(stroke),
    opacity: shownOpacity(opacity),
  });
  const element = `<${name}${geometry}${own}${data}/>`;
  if (!stroke?.halo) return [element];
  const { halo: color, width } = stroke;
  // Not dashed: the gaps of a dashed line are dark.
  const halo = strokeAttributes({ color, width: width * HALO });
  return [
    `<${name}${geometry}${attributes({ fill: 'none', ...halo, opacity: 0.55 * (opacity ?? 1) })}/>`,
    element,
  ];
}

const strokeAttributes = (stroke: Stroke | undefined): Attributes =>
  stroke
    ? {
        stroke: stroke.color,
        'stroke-width': stroke.width,
        'stroke-linejoin': 'round',
        'stroke-dasharray': stroke.dash?.map(round).join(' '),
      }
    : {};

const shownOpacity = (opacity: number | undefined) => (opacity === 1 ? undefined : opacity);

function textElements(
  { text, x, y, fontSize, color, anchor, opacity, plate }: TextShape,
  data: string,
): string[] {
  const own = attributes({
    x,
    y,
    'font-size': fontSize,
    'text-anchor': anchor && ANCHORS[anchor],
    fill: color,
    opacity: shownOpacity(opacity),
  });
  const element = `<text${own}${data}>${escapeXml(text)}</text>`;
  return plate ? [plateElement(plate, opacity, data), element] : [element];
}

/** Left is the default. */
const ANCHORS = { left: undefined, middle: 'middle', right: 'end' } as const;

function plateElement(
  { x, y, width, height, radius, color, opacity = 1 }: Plate,
  outer = 1,
  data: string,
): string {
  return `<rect${attributes({ x, y, width, height, rx: radius, fill: color, opacity: shownOpacity(opacity * outer) })}${data}/>`;
}

/** "M x y L x y … Z" with relative steps: outlines of masks have thousands of points. */
function ringPath(ring: readonly number[]): string {
  if (ring.length < 4) return '';
  let [lastX, lastY] = [round(ring[0]!), round(ring[1]!)];
  let path = `M${lastX} ${lastY}`;
  for (let i = 2; i + 1 < ring.length; i += 2) {
    const [x, y] = [round(ring[i]!), round(ring[i + 1]!)];
    const [dx, dy] = [round(x - lastX), round(y - lastY)];
    path += dy === 0 ? `h${dx}` : dx === 0 ? `v${dy}` : `l${dx} ${dy}`;
    [lastX, lastY] = [x, y];
  }
  return `${path}z`;
}

/** Two decimals; a minus zero is 0. */
const round = (value: number): number => Math.round(value * 100) / 100 + 0;

type Attributes = Readonly<Record<string, string | number | undefined>>;
const attributes = (values: Attributes): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${typeof value === 'number' ? round(value) : escapeXml(value!)}"`)
    .join('');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or attribute: marks escaped, and what XML 1.0 cannot hold (controls, lone surrogates) replaced. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    // eslint-disable-next-line no-control-regex -- the control characters are what must go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (mark) => ENTITIES[mark]!);
