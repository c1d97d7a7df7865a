import type { ResultOf } from '@fovea/contracts';
import { barPanel, percent } from '../panel.ts';
import type { Shape } from '../shapes.ts';
import { isShown, type View } from '../view.ts';

/** A panel of the labels with score bars; also for the labels of a sound, on its spectrogram. */
export function labelsScene(result: ResultOf<'labels'> | ResultOf<'audio-labels'>, view: View): Shape[] {
  const labels: readonly { label: string; score: number; classId?: number }[] = result.labels;
  const rows = labels
    .map((each, item) => ({ ...each, text: each.label, value: percent(each.score), part: each.score, item }))
    .filter(({ label, score }) => isShown(view, label, score));
  return barPanel(rows, view);
}
