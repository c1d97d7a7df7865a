import type { ResultOf } from '@fovea/contracts';
import { captionPanel } from '../caption.ts';
import type { Shape } from '../shapes.ts';
import type { View } from '../view.ts';

/** The caption, or questions with their answers, along the lower edge. */
export function textScene(result: ResultOf<'text'>, view: View): Shape[] {
  const answers = result.answers?.map(({ question, text }) => `${question} ${text}`);
  return captionPanel(answers?.length ? answers : [result.text], view);
}
