import type { ResultOf } from '@fovea/contracts';
import { isPaintedClass } from '../class-map.ts';
import { barPanel, percent } from '../panel.ts';
import type { Shape } from '../shapes.ts';
import { isShown, type View } from '../view.ts';

/** The legend: the classes and their share of the picture. The map itself is a picture, laid over by who shows it. */
export function masksScene(result: ResultOf<'masks'>, view: View): Shape[] {
  const rows = result.classes
    .map((each, item) => ({
      ...each,
      text: each.label,
      value: percent(each.fraction),
      part: each.fraction,
      item,
    }))
    // A share of the picture is not a score: minScore does not apply.
    .filter(({ label }) => isPaintedClass(label) && isShown(view, label, 1))
    .sort((a, b) => b.part - a.part);
  return barPanel(rows, view);
}
