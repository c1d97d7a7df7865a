import { backendConformance } from '../test/backend-conformance.ts';
import { InProcessBackend } from './in-process-backend.ts';
import { SessionHost } from './session-host.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

backendConformance('in this process', async () => new InProcessBackend({ device: 'cpu', threads: 1 }));
backendConformance('session host', () =>
  SessionHost.start({ device: 'cpu', threads: 1, log, environment: {}, spawnMs: 30_000 }),
);
