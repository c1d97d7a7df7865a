import { runService } from '@fovea/host';
import { faces, hands, pose } from './index.ts';

// The applications as a service of their own: node apps/pose/dist/main.js
await runService([{ app: 'pose', definitions: [pose, hands, faces] }]);
