import type { Box } from '@fovea/contracts';
import { boxArea, polygonArea, type Size } from '@fovea/geometry';
import { damaged } from './files.ts';
import type { YoloConfig } from './yolo-config.ts';

export interface YoloObject {
  readonly categoryId: number;
  readonly box: Box;
  readonly area: number;
  /** x, y, x, y, … in pixels, where the row is one. */
  readonly outline?: readonly number[];
  readonly keypoints?: readonly number[];
  readonly numKeypoints?: number;
}

/** How far a relative coordinate may lie outside 0..1: what rounding to a few digits does. */
const SLACK = 1e-3;

/**
 * The rows of a label file: `class cx cy width height` or `class x y x y x y …` (an outline), relative to the picture;
 * with kpt_shape the keypoints follow the box. Twice the same row counts once, as Ultralytics does it.
 * @throws INVALID_PARAMETER naming file and line
 */
export function parseYoloLabels(
  file: string,
  text: string,
  context: { config: YoloConfig; size: Size },
): YoloObject[] {
  const rows = new Set<string>();
  const objects: YoloObject[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || rows.has(words.join(' '))) continue;
    rows.add(words.join(' '));
    objects.push(parseRow(words, { ...context, wrong: (detail) => damaged(`${file}:${i + 1}`, detail) }));
  }
  return objects;
}

interface RowContext {
  readonly config: YoloConfig;
  readonly size: Size;
  readonly wrong: (detail: string) => Error;
}

function parseRow(words: readonly string[], context: RowContext): YoloObject {
  const { config, size, wrong } = context;
  const [categoryId, ...values] = words.map((word, i) => {
    const value = Number(word);
    if (!Number.isFinite(value)) throw wrong(`value ${i + 1}, "${word}", is not a number`);
    return value;
  });
  if (categoryId === undefined || !config.names.has(categoryId))
    throw wrong(`class ${words[0]} is none of the names`);
  const point = config.keypoints;
  const relative = (value: number, at: number) => {
    if (value < -SLACK || value > 1 + SLACK)
      throw wrong(`value ${at + 2}, ${value}, is not relative to the picture (0..1)`);
    return value;
  };
  if (point) {
    const expected = 4 + point.count * point.numbers;
    if (values.length !== expected)
      throw wrong(
        `must be a class, a box and ${point.count} keypoints, ${expected + 1} values, has ${words.length}`,
      );
    const box = boxOf(values.slice(0, 4).map(relative), size, wrong);
    return { categoryId, box, area: boxArea(box), ...keypointsOf(values, { point, size, relative, wrong }) };
  }
  if (values.length === 4) {
    const box = boxOf(values.map(relative), size, wrong);
    return { categoryId, box, area: boxArea(box) };
  }
  if (values.length < 6 || values.length % 2 !== 0)
    throw wrong(
      `must be class cx cy width height, or a class and x y of at least three points, has ${words.length} values`,
    );
  return { categoryId, ...outlineOf(values.map(relative), size) };
}

function boxOf(values: readonly number[], size: Size, wrong: (detail: string) => Error): Box {
  const [cx = 0, cy = 0, w = 0, h = 0] = values;
  if (w < 0 || h < 0) throw wrong(`has a negative size, ${w} x ${h}`);
  return {
    x: (cx - w / 2) * size.width,
    y: (cy - h / 2) * size.height,
    width: w * size.width,
    height: h * size.height,
  };
}

function outlineOf(values: readonly number[], { width, height }: Size) {
  const outline = values.map((value, i) => value * (i % 2 === 0 ? width : height));
  const xs = outline.filter((_, i) => i % 2 === 0);
  const ys = outline.filter((_, i) => i % 2 === 1);
  const [x, y] = [least(xs), least(ys)];
  return {
    box: {
      x,
      y,
      width: -least(xs.map((value) => -value)) - x,
      height: -least(ys.map((value) => -value)) - y,
    },
    area: polygonArea(outline),
    outline,
  };
}
const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);

function keypointsOf(
  values: readonly number[],
  context: {
    point: { count: number; numbers: 2 | 3 };
    size: Size;
    relative: (value: number, at: number) => number;
    wrong: (detail: string) => Error;
  },
) {
  const { point, size, relative, wrong } = context;
  const keypoints: number[] = [];
  for (let i = 0; i < point.count; i++) {
    const at = 4 + i * point.numbers;
    const [x, y] = [relative(values[at]!, at), relative(values[at + 1]!, at + 1)];
    // Without a visibility, 0 0 says that the point is not labelled.
    const visible = point.numbers === 3 ? values[at + 2]! : x === 0 && y === 0 ? 0 : 2;
    if (![0, 1, 2].includes(visible))
      throw wrong(`value ${at + 4} is a visibility: 0, 1 or 2, not ${visible}`);
    keypoints.push(x * size.width, y * size.height, visible);
  }
  return { keypoints, numKeypoints: keypoints.filter((value, i) => i % 3 === 2 && value > 0).length };
}
