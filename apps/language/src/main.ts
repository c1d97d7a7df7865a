import { runService } from '@fovea/host';
import { caption, vqa } from './index.ts';

// The application as a service of its own: node apps/language/dist/main.js
await runService([{ app: 'language', definitions: [caption, vqa] }]);
