import type { CollectionMap } from '@fovea/contracts';
import {
  fit,
  nearest,
  pan,
  pictureSide,
  toScreen,
  visible,
  zoom,
  type MapView,
  type Place,
  type Size,
} from './map-view.ts';
import { Thumbs } from './thumbs.ts';

type Points = CollectionMap['points'];

/** A finger is not as sure as a mouse. */
const REACH_PX = 22;
const DOT_PX = 5;

/** Draws the points on a canvas, as dots or as pictures, once a frame at most. */
export class MapPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #points: Points;
  readonly #thumbs: Thumbs;
  readonly #observer: ResizeObserver;
  #size: Size = { width: 0, height: 0 };
  #view: MapView = { scale: 1, x: 0, y: 0 };
  #frame = 0;
  #marked = -1;

  constructor(
    canvas: HTMLCanvasElement,
    points: Points,
    load: (blob: string, signal: AbortSignal) => Promise<ImageBitmap>,
  ) {
    this.#canvas = canvas;
    this.#points = points;
    this.#thumbs = new Thumbs(load, () => this.draw());
    this.#observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const isFirst = this.#size.width === 0;
      const { width, height } = entry.contentRect;
      this.#size = { width, height };
      if (isFirst) this.fit();
      else this.pan({ x: 0, y: 0 });
    });
    this.#observer.observe(canvas);
  }

  close(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#thumbs.close();
  }

  get middle(): Place {
    return { x: this.#size.width / 2, y: this.#size.height / 2 };
  }

  fit(): void {
    this.#see(fit(this.#size));
  }

  pan(by: Place): void {
    this.#see(pan(this.#view, this.#size, by));
  }

  zoom(factor: number, at: Place = this.middle): void {
    this.#see(zoom(this.#view, this.#size, { factor, at }));
  }

  /** The point at a place of the canvas, or -1. */
  at(place: Place, reach = Math.max(REACH_PX, this.#side * 0.6)): number {
    return nearest(this.#points, this.#view, { at: place, reach });
  }

  /** Frames a point; -1 = none. */
  mark(at: number): void {
    if (at === this.#marked) return;
    this.#marked = at;
    this.draw();
  }

  draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  get #side(): number {
    return pictureSide(this.#view, this.#points.length);
  }

  #see(view: MapView): void {
    this.#view = view;
    this.draw();
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    const { width, height } = this.#size;
    const ratio = devicePixelRatio;
    const [pixelsX, pixelsY] = [Math.round(width * ratio), Math.round(height * ratio)];
    // Setting a size empties the canvas, also where it is the same.
    if (this.#canvas.width !== pixelsX) this.#canvas.width = pixelsX;
    if (this.#canvas.height !== pixelsY) this.#canvas.height = pixelsY;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);

    const colours = getComputedStyle(this.#canvas);
    const side = this.#side;
    const box = side || DOT_PX;
    const seen = visible(this.#points, this.#view, { width, height, side });
    this.#want(side > 0 ? seen : []);
    context.fillStyle = colours.getPropertyValue(side > 0 ? '--line' : '--accent');
    for (const index of seen) {
      const point = this.#points[index] as Points[number];
      const { x, y } = toScreen(this.#view, point);
      const picture = side > 0 ? this.#thumbs.get(point.blob) : undefined;
      if (picture) context.drawImage(picture, x - box / 2, y - box / 2, box, box);
      else context.fillRect(x - box / 2, y - box / 2, box, box);
    }
    const marked = this.#points[this.#marked];
    if (!marked) return;
    const { x, y } = toScreen(this.#view, marked);
    context.strokeStyle = colours.getPropertyValue('--accent');
    context.lineWidth = 3;
    context.strokeRect(x - box / 2 - 2, y - box / 2 - 2, box + 4, box + 4);
  }

  /** Those in the middle first. */
  #want(seen: readonly number[]): void {
    const { x, y } = this.middle;
    const wanted = seen.map((index) => {
      const point = this.#points[index] as Points[number];
      const place = toScreen(this.#view, point);
      return { blob: point.blob, far: (place.x - x) ** 2 + (place.y - y) ** 2 };
    });
    this.#thumbs.want(wanted.sort((a, b) => a.far - b.far).map(({ blob }) => blob));
  }
}
