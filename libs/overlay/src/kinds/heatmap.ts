import type { ResultOf } from '@fovea/contracts';
import { captionPanel } from '../caption.ts';
import { percent } from '../panel.ts';
import type { Shape } from '../shapes.ts';
import type { View } from '../view.ts';

/** What the heat speaks for. The heat itself is a picture, laid over by who shows it. */
export function heatmapScene({ target, method }: ResultOf<'heatmap'>, view: View): Shape[] {
  return captionPanel([`${target.label} ${percent(target.score)} · ${method}`], view);
}
