import type { ResultOf } from '@fovea/contracts';
import { labelColour } from './colours.ts';
import { emphasis, isShown, type View } from './view.ts';

/** Red, green, blue, opacity; 0..255. */
export type Rgba = readonly [red: number, green: number, blue: number, opacity: number];

/** How strongly classes are painted over a picture: it still shows through. */
export const MAP_OPACITY = 0.55;
/** What is no thing is left as it is. */
const BACKGROUND = 'background';

/** False for the class that stands for everything else: it has no colour and is not painted. */
export const isPaintedClass = (label: string): boolean => label.toLowerCase() !== BACKGROUND;

/**
 * What the pixels of a class map become: class id → colour. Ids that are not in it are transparent: hidden classes, the
 * background, and ids that the result does not name.
 * @param opacity 0..1; default 0.55. While one class is highlighted the others are painted more faintly
 * @example classMapColours(result, { width, height }).get(15); // [230, 90, 80, 140]
 */
export function classMapColours(
  result: ResultOf<'masks'>,
  view: View,
  opacity: number = MAP_OPACITY,
): Map<number, Rgba> {
  const colours = new Map<number, Rgba>();
  result.classes.forEach(({ classId, label }, index) => {
    // A share of the picture is not a score: minScore does not apply.
    if (!isPaintedClass(label) || !isShown(view, label, 1)) return;
    const colour = labelColour({ label, classId });
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    colours.set(classId, [red!, green!, blue!, Math.round(255 * opacity * emphasis(view, index))]);
  });
  return colours;
}
