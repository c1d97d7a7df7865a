import type { Box } from '@fovea/contracts';
import { boxIntersection } from '@fovea/geometry';
import { textColourOn } from './colours.ts';
import type { TextShape } from './shapes.ts';
import { fitText, textWidth } from './text-width.ts';
import { metrics, type View } from './view.ts';

/** How far, in plate heights, a plate may be from its thing before it is left out instead. */
const REACH = 4;
/** So many things make a crowd: there a name far from its thing, or wider than it, would name another. */
const CROWD = 30;
/** How much wider than its thing a plate may be in a crowd. */
const CROWD_WIDTH = 1.6;
/** The part of the picture that plates may cover together; the first few are always drawn. */
const MAX_COVER = 0.14;
const ALWAYS = 4;

export interface PlateRequest {
  /** What to write, the longest first; a shorter one is taken where the longer finds no place. */
  readonly texts: readonly string[];
  readonly colour: string;
  /** What the plate names, inside the picture. */
  readonly box: Box;
  readonly item: number;
  readonly label: string;
  readonly opacity?: number;
}

/**
 * Places name plates one after another so that none covers another and all stay in the picture: above the box, in its
 * corners, below it, then ever farther up and down. A plate without a free place near its box is shortened, then left
 * out (the page shows it on hover), so ask for the important ones first.
 */
export class PlateLayout {
  readonly #view: View;
  readonly #crowded: boolean;
  readonly #placed: (TextShape & { readonly plate: Box })[] = [];
  #covered = 0;

  /** @param things how many things ask for a plate */
  constructor(view: View, things: number) {
    this.#view = view;
    this.#crowded = things > CROWD;
  }

  /** The plates, none over another. */
  get shapes(): readonly TextShape[] {
    return this.#placed;
  }

  place(request: PlateRequest): void {
    const area = this.#view.width * this.#view.height;
    for (const text of request.texts) {
      const plate = this.#plateOf(text);
      if (!plate) continue;
      if (this.#crowded && plate.width > CROWD_WIDTH * request.box.width) continue;
      const size = plate.width * plate.height;
      if (this.#placed.length >= ALWAYS && this.#covered + size > MAX_COVER * area) return;
      const place = this.#places(request.box, plate, this.#crowded ? 1 : REACH).find(
        (each) => !this.#placed.some((other) => boxIntersection(other.plate, each)),
      );
      if (!place) continue;
      this.#covered += size;
      this.#placed.push(this.#shape(plate.text, place, request));
      return;
    }
  }

  /** A plate that must be seen: it keeps its place, or takes one from those who have it. The others stay where they are. */
  insist(request: PlateRequest): void {
    if (this.#placed.some(({ item }) => item === request.item)) return;
    const plate = this.#plateOf(request.texts[0]!);
    const [place] = plate ? this.#places(request.box, plate, REACH) : [];
    if (!plate || !place) return;
    const staying = this.#placed.filter((other) => !boxIntersection(other.plate, place));
    this.#placed.splice(0, Infinity, ...staying, this.#shape(plate.text, place, request));
  }

  #plateOf(text: string): { text: string; width: number; height: number } | undefined {
    const { fontSize } = metrics(this.#view);
    const padding = fontSize * 0.35;
    const shown = fitText(text, fontSize, this.#view.width - 2 * padding);
    if (!shown) return undefined;
    return {
      text: shown,
      width: Math.min(textWidth(shown, fontSize) + 2 * padding, this.#view.width),
      height: Math.min(fontSize * 1.4, this.#view.height),
    };
  }

  #shape(text: string, place: Box, { colour, item, label, opacity }: PlateRequest) {
    const { fontSize } = metrics(this.#view);
    return {
      type: 'text',
      text,
      x: place.x + place.width / 2,
      anchor: 'middle',
      // The middle of capital letters is about 0.36 of the font size above the base line.
      y: place.y + place.height / 2 + fontSize * 0.36,
      width: textWidth(text, fontSize),
      fontSize,
      color: textColourOn(colour),
      item,
      label,
      ...(opacity === undefined ? {} : { opacity }),
      plate: { ...place, color: colour, radius: fontSize * 0.2 },
    } as const;
  }

  /** Where a plate of that size may be, the best first. */
  #places(box: Box, { width, height }: { width: number; height: number }, reach: number): Box[] {
    const { lineWidth } = metrics(this.#view);
    const [maxX, maxY] = [this.#view.width - width, this.#view.height - height];
    const [bottom, right] = [box.y + box.height, box.x + box.width - width];
    const rows = [box.y - height, box.y + lineWidth, bottom, bottom - height - lineWidth];
    for (let step = 1; step < reach; step++)
      rows.push(box.y - (step + 1) * height, box.y + step * height, bottom + step * height);
    const places: Box[] = [];
    for (const row of rows)
      for (const column of [box.x, right, box.x + box.width / 2 - width / 2]) {
        const place = { x: clamp(column, maxX), y: clamp(row, maxY), width, height };
        // Never more than two plates away from where it was meant to be: near the picture's edges it is pushed inwards.
        if (Math.abs(place.y - row) <= height * 2) places.push(place);
      }
    return places;
  }
}

const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, value));
