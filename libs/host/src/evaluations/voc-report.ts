import type { Figure } from '@fovea/contracts';
import { vocMap, type CocoInput } from '@fovea/evaluation';
import { orNull } from './measure.ts';

/** What Pascal VOC measures beside COCO's figures: mAP at overlap 0.5, both ways. */
export const vocFigures = (input: CocoInput): Figure[] => [
  {
    name: 'VOC mAP',
    value: orNull(vocMap(input).map),
    description: 'at overlap 0.5, area under the curve (VOC 2010 on)',
  },
  {
    name: 'VOC mAP, 11 points',
    value: orNull(vocMap(input, { method: '11-point' }).map),
    description: 'at overlap 0.5, mean of eleven recalls (VOC 2007)',
  },
];
