import { runService } from '@fovea/host';
import { collections, embedding } from './index.ts';

// The application as a service of its own: node apps/retrieval/dist/main.js
await runService([{ app: 'retrieval', definitions: [embedding], resources: [collections] }]);
