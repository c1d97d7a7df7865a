import { assertUnreachable, type Result } from '@fovea/contracts';
import { boxesScene } from './kinds/boxes.ts';
import { heatmapScene } from './kinds/heatmap.ts';
import { keypointsScene } from './kinds/keypoints.ts';
import { labelsScene } from './kinds/labels.ts';
import { masksScene } from './kinds/masks.ts';
import { textScene } from './kinds/text.ts';
import { tracksScene } from './kinds/tracks.ts';
import type { Shape } from './shapes.ts';
import { checkView, type View } from './view.ts';

/**
 * What to draw over a picture to show a result, lowest first: the same for the server's SVG and PNG, the page and video.
 * Everything lies in the picture. Kinds whose result is itself a picture, a list or numbers draw nothing; the pictures
 * of `masks` (the class map) and `heatmap` are laid over by who shows them, their legend comes from here.
 * @throws RangeError when the view has no area
 * @example toSvg(toScene(run.result, { width, height }), { width, height });
 */
export function toScene(result: Result, view: View): Shape[] {
  checkView(view);
  switch (result.kind) {
    case 'labels':
    case 'audio-labels':
      return labelsScene(result, view);
    case 'boxes':
      return boxesScene(result, view);
    case 'masks':
      return masksScene(result, view);
    case 'keypoints':
      return keypointsScene(result, view);
    case 'tracks':
      return tracksScene(result, view);
    case 'text':
      return textScene(result, view);
    case 'heatmap':
      return heatmapScene(result, view);
    case 'image':
    case 'matches':
    case 'vector':
    case 'maps':
      return [];
    default:
      return assertUnreachable(result);
  }
}
