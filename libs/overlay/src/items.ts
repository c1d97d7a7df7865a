import { SKELETON_LABELS, type Box, type Result, type ResultOf } from '@fovea/contracts';
import { labelColour } from './colours.ts';

/** One thing of a result, as lists, legends and filters see it: the same index, label and colour as in the scene. */
export interface ResultItem {
  /** What shapes carry as `item` and a view as `highlighted`. */
  readonly index: number;
  /** What a view's `hiddenLabels` hides. */
  readonly label: string;
  readonly classId?: number;
  /** #rrggbb, as on the picture. */
  readonly colour: string;
  /** 0..1; undefined where the result has none: a class of a map has a share of the picture instead. */
  readonly score?: number;
  /** Of the picture, 0..1. */
  readonly fraction?: number;
  readonly box?: Box;
}

type Keypoints = ResultOf<'keypoints'>;

/** "person", "left hand", "face": what an item of a skeleton is called. */
export const keypointsLabel = (
  skeleton: Keypoints['skeleton'],
  item: Pick<Keypoints['items'][number], 'handedness'>,
): string =>
  item.handedness ? `${item.handedness} ${SKELETON_LABELS[skeleton]}` : SKELETON_LABELS[skeleton];

/**
 * The things of a result that are drawn on the picture and can be hidden or filtered; none for other kinds.
 * @example itemsOf(run.result).filter((item) => isShown(view, item.label, item.score ?? 1))
 */
export function itemsOf(result: Result): ResultItem[] {
  switch (result.kind) {
    case 'boxes':
      return result.items.map(({ label, classId, score, box }, index) => ({
        index,
        label,
        classId,
        colour: labelColour({ label, classId }),
        score,
        box,
      }));
    case 'keypoints':
      return result.items.map((item, index) => {
        const label = keypointsLabel(result.skeleton, item);
        return { index, label, colour: labelColour({ label }), score: item.score, box: item.box };
      });
    case 'masks':
      return result.classes.map(({ classId, label, fraction }, index) => ({
        index,
        label,
        classId,
        colour: labelColour({ label, classId }),
        fraction,
      }));
    case 'tracks':
      return result.items.map(({ trackId, label, score, box }, index) => ({
        index,
        label,
        colour: labelColour({ label, classId: trackId }),
        score,
        box,
      }));
    default:
      return [];
  }
}
