import { classification } from '@fovea/classification';
import { detection, segmentation, semanticSegmentation } from '@fovea/detection';
import type { Application } from '@fovea/host';
import { caption, vqa } from '@fovea/language';
import { faces, hands, pose } from '@fovea/pose';
import { collections, embedding } from '@fovea/retrieval';

/** Every application of Fovea: one line each. */
export const APPLICATIONS: readonly Application[] = [
  { app: 'classification', definitions: [classification] },
  { app: 'detection', definitions: [detection, segmentation, semanticSegmentation] },
  { app: 'pose', definitions: [pose, hands, faces] },
  { app: 'language', definitions: [caption, vqa] },
  { app: 'retrieval', definitions: [embedding], resources: [collections] },
];
