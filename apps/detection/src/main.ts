import { runService } from '@fovea/host';
import { detection } from './detection.ts';
import { segmentation } from './segmentation.ts';
import { semanticSegmentation } from './semantic-segmentation.ts';

// The application as a service of its own: node apps/detection/dist/main.js
await runService([{ app: 'detection', definitions: [detection, segmentation, semanticSegmentation] }]);
