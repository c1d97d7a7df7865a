import type { Box } from '@fovea/contracts';
import { boxIntersection } from '@fovea/geometry';
import { textColourOn } from './colours.ts';
import type { TextShape } from './shapes.ts';
import { fitText, textWidth } from './text-width.ts';
import { metrics, type View } from './view.ts';

/** How far, in plate heights, a plate may be from its thing before it is left out instead. */
const REACH = 4;

export interface PlateRequest {
  readonly text: string;
  readonly colour: string;
  /** What the plate names, inside the picture. */
  readonly box: Box;
  readonly item: number;
  readonly label: string;
  readonly opacity?: number;
}

/**
 * Places name plates one after another so that none covers another and all stay in the picture: above the box, in its
 * corners, below it, then ever farther up and down. A plate without a free place near its box is left out
 * (the page shows it on hover), so ask for the important ones first.
 */
export class PlateLayout {
  readonly #view: View;
  readonly #taken: Box[] = [];

  constructor(view: View) {
    this.#view = view;
  }

  place({ text, colour, box, item, label, opacity }: PlateRequest): TextShape | undefined {
    const { fontSize, lineWidth } = metrics(this.#view);
    const padding = fontSize * 0.35;
    const shown = fitText(text, fontSize, this.#view.width - 2 * padding);
    if (!shown) return undefined;
    const width = textWidth(shown, fontSize);
    const size = {
      width: Math.min(width + 2 * padding, this.#view.width),
      height: Math.min(fontSize * 1.4, this.#view.height),
    };
    const plate = this.#freePlace(box, size, lineWidth);
    if (!plate) return undefined;
    this.#taken.push(plate);
    return {
      type: 'text',
      text: shown,
      x: plate.x + plate.width / 2,
      anchor: 'middle',
      // The middle of capital letters is about 0.36 of the font size above the base line.
      y: plate.y + plate.height / 2 + fontSize * 0.36,
      width,
      fontSize,
      color: textColourOn(colour),
      item,
      label,
      ...(opacity === undefined ? {} : { opacity }),
      plate: { ...plate, color: colour, radius: fontSize * 0.2 },
    };
  }

  #freePlace(box: Box, size: { width: number; height: number }, lineWidth: number): Box | undefined {
    const { width: viewWidth, height: viewHeight } = this.#view;
    const [maxX, maxY] = [viewWidth - size.width, viewHeight - size.height];
    const [bottom, right] = [box.y + box.height, box.x + box.width - size.width];
    const rows = [box.y - size.height, box.y + lineWidth, bottom, bottom - size.height - lineWidth];
    for (let step = 1; step <= REACH; step++)
      rows.push(box.y - (step + 1) * size.height, box.y + step * size.height, bottom + step * size.height);
    for (const row of rows)
      for (const column of [box.x, right, box.x + box.width / 2 - size.width / 2]) {
        // Never more than two plates away from where it was meant to be: near the picture's edges it is pushed inwards.
        const place = { x: clamp(column, maxX), y: clamp(row, maxY), ...size };
        if (
          Math.abs(place.y - row) <= size.height * 2 &&
          !this.#taken.some((taken) => boxIntersection(taken, place))
        )
          return place;
      }
    return undefined;
  }
}

const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, value));
