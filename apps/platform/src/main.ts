import { runService } from '@fovea/host';
import { APPLICATIONS } from './applications.ts';

// The platform: all applications in one process (FOVEA_APPS: some of them), the web UI, remote ones forwarded to.
await runService(APPLICATIONS);
