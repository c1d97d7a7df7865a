import { readSettings, type Settings } from '@fovea/config';
import { serve, type Log, type Server } from '@fovea/host';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APPLICATIONS } from '@fovea/platform';

/** What the server logged, for a test to look at. */
export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly details: Record<string, unknown>;
}

export interface TestServer extends Server {
  readonly logs: LogLine[];
  readonly dataDir: string;
  /** Ends the server and removes its data folder. */
  end(): Promise<void>;
}

/** The platform in this process, on a free port, with its own data folder and embedded Postgres. */
export async function startServer(
  env: Record<string, string> = {},
  keepDataDir?: string,
): Promise<TestServer> {
  const dataDir = keepDataDir ?? (await mkdtemp(join(tmpdir(), 'fovea-test-')));
  const settings: Settings = readSettings(
    { FOVEA_PORT: '0', FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu', ...env },
    process.cwd(),
  );
  const logs: LogLine[] = [];
  const line = (level: keyof Log) => (details: object, message: string) =>
    void logs.push({ level, message, details: details as Record<string, unknown> });
  const log: Log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const server = await serve(APPLICATIONS, { settings, log });
  return {
    ...server,
    logs,
    dataDir,
    end: async () => {
      await server.close();
      if (!keepDataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
