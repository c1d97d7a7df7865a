import { loadSettings, type Settings } from '@fovea/config';
import { VisionError } from '@fovea/contracts';
import { readFileSync } from 'node:fs';
import type { Backend, BackendOptions } from './backend.ts';
import type { DoctorReport, Installation, Opened } from './cli.ts';
import type { LocalBackend } from './local-backend.ts';
import { ServerBackend } from './server-backend.ts';
import type { Terminal } from './terminal.ts';

/** The installation that this file belongs to. Host and platform are loaded when they are needed: they are large. */
export function createInstallation(terminal: Terminal): Installation {
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_details: object, message: string) => terminal.note(terminal.noteStyle('yellow', message)),
    error: (_details: object, message: string) => terminal.note(terminal.noteStyle('red', message)),
  };
  const openLocal = async (settings: Settings, record: boolean) => {
    if (terminal.watched) terminal.draw('starting inference …');
    const { LocalBackend } = await import('./local-backend.ts');
    const { APPLICATIONS } = await import('@fovea/platform');
    return LocalBackend.open({ settings, applications: APPLICATIONS, record, log });
  };

  /** Work on the files of this machine, whatever server runs. */
  const locally = async <T>(work: (backend: LocalBackend) => Promise<T>): Promise<T> => {
    const backend = await openLocal(loadSettings(), false);
    try {
      return await work(backend);
    } finally {
      await backend.close();
    }
  };

  /** A server on any free port of this machine alone. */
  const serveForNow = async (settings: Settings) => {
    if (terminal.watched) terminal.draw('starting Fovea for this command …');
    const { serve } = await import('@fovea/host');
    const { APPLICATIONS } = await import('@fovea/platform');
    return serve(APPLICATIONS, {
      settings: { ...settings, host: '127.0.0.1', port: 0, logLevel: 'silent' },
    });
  };

  return {
    version: versionOfPackage(),

    async connect({ server, apiKey, record, catalog }: BackendOptions): Promise<Backend> {
      const settings = loadSettings();
      const baseUrl = server ?? (await ownerOf(settings.dataDir));
      if (baseUrl !== undefined)
        return new ServerBackend({ baseUrl, apiKey: apiKey ?? settings.apiKey, record: record !== false });
      return openLocal(settings, record === true || catalog === true);
    },

    async open({ server, apiKey }): Promise<Opened> {
      const settings = loadSettings();
      const key = apiKey ?? settings.apiKey;
      const named = server ?? (await ownerOf(settings.dataDir));
      const own = named === undefined ? await serveForNow(settings) : undefined;
      const { Fovea } = await import('@fovea/sdk');
      return {
        fovea: new Fovea({
          baseUrl: named ?? own?.url ?? '',
          retries: 5,
          ...(key === undefined ? {} : { apiKey: key }),
        }),
        close: async () => own?.close(),
      };
    },

    async doctor() {
      let settings: Settings;
      try {
        settings = loadSettings();
      } catch (error) {
        if (error instanceof VisionError) return { settings: [], checks: wrongSettings(error) };
        throw error;
      }
      const { doctor } = await import('@fovea/host');
      const { APPLICATIONS } = await import('@fovea/platform');
      const server = await ownerOf(settings.dataDir);
      return doctor(settings, APPLICATIONS, server === undefined ? {} : { server });
    },

    async draw(envelope, format, pictures) {
      const { drawOverlay } = await import('@fovea/host');
      return drawOverlay(envelope, format, pictures);
    },

    verify: (ids) => locally((backend) => backend.verify(ids)),
    addModel: (file, model) => locally((backend) => backend.addModel(file, model)),

    async start() {
      const { runService } = await import('@fovea/host');
      const { APPLICATIONS } = await import('@fovea/platform');
      await runService(APPLICATIONS);
      // It ends the process itself, when it is told to stop.
      await new Promise<never>(() => undefined);
    },
  };
}

/** Without settings nothing else can be looked at. */
const wrongSettings = ({ errors = [] }: VisionError): DoctorReport['checks'] =>
  errors.map(({ path, message }) => ({
    name: path,
    ok: false,
    detail: message,
    fix: `Change ${path}, or leave it out.`,
  }));

/** The server that owns the data folder, if it lives and listens. */
async function ownerOf(dataDir: string): Promise<string | undefined> {
  const { readDataLock } = await import('@fovea/host');
  return readDataLock(dataDir)?.url ?? undefined;
}

function versionOfPackage(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
