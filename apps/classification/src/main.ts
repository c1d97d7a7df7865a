import { runService } from '@fovea/host';
import { classification } from './classification.ts';

// The application as a service of its own: node apps/classification/dist/main.js
await runService([{ app: 'classification', definitions: [classification] }]);
