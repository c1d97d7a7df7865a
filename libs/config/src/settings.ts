import { VisionError } from '@fovea/contracts';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';

const MIB = 1024 * 1024;

const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .pipe(z.array(z.string()));
const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
const count = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max));
/** `32MiB`, `500 MB`, `1048576`: bytes. */
const size = z
  .string()
  .regex(/^\d+(\.\d+)?\s*(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$/i, 'must be bytes, such as 1048576, 32MiB or 2GB')
  .transform((text) => {
    const [, number, unit = ''] = /^([\d.]+)\s*([a-z]*)$/i.exec(text) ?? [];
    const base = /i/i.test(unit) ? 1024 : 1000;
    const power = { b: 0, k: 1, m: 2, g: 3, t: 4 }[unit[0]?.toLowerCase() ?? 'b'] ?? 0;
    return Math.round(Number(number) * base ** power);
  });
const remoteApps = list.transform((pairs, context) => {
  const remotes: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const url = pair.slice(at + 1);
    if (at < 1 || !URL.canParse(url)) context.addIssue(`"${pair}" is not app=http://host:port`);
    else remotes[pair.slice(0, at)] = url.replace(/\/+$/, '');
  }
  return remotes;
});

interface Setting<S extends z.ZodType = z.ZodType> {
  readonly env: string;
  readonly schema: S;
  readonly fallback: z.output<S> | undefined;
  /** How the default reads for people. */
  readonly shown: string;
  readonly about: string;
  /** Never printed. */
  readonly secret?: true;
}
const setting = <S extends z.ZodType, F extends z.output<S> | undefined>(
  env: string,
  schema: S,
  rest: { fallback: F; shown: string; about: string; secret?: true },
) => ({ env, schema, ...rest }) as const;

/** Every setting there is: the environment variable, how it is read, its default, and what it does. */
export const SETTINGS = {
  host: setting('FOVEA_HOST', z.string().min(1), {
    fallback: '127.0.0.1',
    shown: '127.0.0.1',
    about: 'address to listen on; one that is not loopback needs FOVEA_API_KEY',
  }),
  port: setting('FOVEA_PORT', count(0, 65535), {
    fallback: 3000,
    shown: '3000',
    about: 'port to listen on; 0 = any free one, printed at start',
  }),
  dataDir: setting('FOVEA_DATA', z.string().min(1), {
    fallback: '.fovea',
    shown: '.fovea',
    about: 'data folder: blobs, pulled models, the embedded Postgres',
  }),
  databaseUrl: setting('DATABASE_URL', z.url({ protocol: /^postgres(ql)?$/ }), {
    fallback: undefined,
    shown: 'embedded Postgres in the data folder',
    about: 'Postgres of the catalog',
    secret: true,
  }),
  apps: setting('FOVEA_APPS', list, {
    fallback: undefined,
    shown: 'all',
    about: 'application folders to run in this process, e.g. classification,detection',
  }),
  remoteApps: setting('FOVEA_REMOTE_APPS', remoteApps, {
    fallback: {},
    shown: 'none',
    about: 'applications to forward to, e.g. pose=http://pose:3000',
  }),
  apiKey: setting('FOVEA_API_KEY', z.string().min(16, 'must have at least 16 characters'), {
    fallback: undefined,
    shown: 'none: open on loopback',
    about: 'key that every request must carry',
    secret: true,
  }),
  allowedHosts: setting('FOVEA_ALLOWED_HOSTS', list, {
    fallback: [],
    shown: 'loopback names and FOVEA_HOST',
    about: 'further Host names this server is reached by, e.g. behind a proxy: vision.example.org',
  }),
  device: setting('FOVEA_DEVICE', z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt', 'coreml', 'dml']), {
    fallback: 'auto',
    shown: 'auto',
    about: 'device that runs the models: auto, cpu, webgpu, cuda, tensorrt, coreml, dml',
  }),
  threads: setting('FOVEA_THREADS', count(1, 1024), {
    fallback: undefined,
    shown: 'from the machine',
    about: 'threads of one session on the CPU',
  }),
  modelMirror: setting('FOVEA_MODEL_MIRROR', z.string().min(1), {
    fallback: undefined,
    shown: 'none: the models’ public addresses',
    about: 'folder or URL that models are pulled from instead',
  }),
  licences: setting('FOVEA_LICENCES', z.enum(['all', 'permissive']), {
    fallback: 'all',
    shown: 'all',
    about: 'permissive disables models whose training data is for research',
  }),
  memoryBytes: setting('FOVEA_MODEL_MEMORY', size, {
    fallback: undefined,
    shown: 'a share of the machine’s memory',
    about: 'memory for loaded models; the least recently used is unloaded past it',
  }),
  stageCacheBytes: setting('FOVEA_STAGE_CACHE', size, {
    fallback: 128 * 1024 ** 2,
    shown: '128MiB',
    about:
      'memory for what encoders made of pictures (about 250 kB each), so that a caption, five answers and a search of one picture cost one run; 0 = none',
  }),
  vectors: setting('FOVEA_VECTORS', z.enum(['auto', 'faiss', 'exact', 'pgvector']), {
    fallback: 'auto',
    shown: 'auto',
    about:
      'search by vectors: faiss, exact (every vector is compared), pgvector (in the catalog’s Postgres, which must have the extension; for several servers on one database); auto = faiss where it is built (npm run setup:faiss), otherwise exact',
  }),
  vectorMemoryBytes: setting('FOVEA_VECTOR_MEMORY', size, {
    fallback: undefined,
    shown: 'a quarter of the memory this process may use',
    about: 'memory for indexes of vectors; the least recently used is put away past it',
  }),
  semanticCatalog: setting('FOVEA_SEMANTIC_CATALOG', flag, {
    fallback: true,
    shown: 'true',
    about: 'pictures of stored runs are embedded in the background, for GET /v1/runs?about=…',
  }),
  urlAllow: setting('FOVEA_URL_ALLOW', list, {
    fallback: [],
    shown: 'public addresses only',
    about: 'networks and hosts that URL inputs may reach besides, e.g. 10.0.0.0/8,camera.lan',
  }),
  importRoots: setting('FOVEA_IMPORT_ROOTS', list, {
    fallback: [],
    shown: 'none',
    about: 'folders on this machine that imports and evaluations may read, e.g. /data',
  }),
  maxBytes: setting('FOVEA_MAX_BYTES', size, {
    fallback: 32 * MIB,
    shown: '32MiB',
    about: 'largest input',
  }),
  maxPixels: setting('FOVEA_MAX_PIXELS', count(1, 2 ** 31), {
    fallback: 100_000_000,
    shown: '100000000',
    about: 'largest picture in pixels',
  }),
  queueLimit: setting('FOVEA_QUEUE', count(1, 100_000), {
    fallback: 64,
    shown: '64',
    about: 'requests that may wait for one model before QUEUE_FULL',
  }),
  deadlineMs: setting('FOVEA_DEADLINE_MS', count(100, 86_400_000), {
    fallback: 60_000,
    shown: '60000',
    about: 'milliseconds after which an interactive request is given up',
  }),
  jobs: setting('FOVEA_JOBS', count(0, 64), {
    fallback: 2,
    shown: '2',
    about:
      'jobs worked on at the same time; 0 = none here, they wait for another process on the same Postgres',
  }),
  keepDays: setting('FOVEA_KEEP_DAYS', count(0, 36_500), {
    fallback: 0,
    shown: '0 = for ever',
    about: 'days that runs and finished jobs are kept',
  }),
  keepBytes: setting('FOVEA_KEEP_BYTES', size, {
    fallback: 0,
    shown: '0 = no limit',
    about: 'bytes of blobs that are kept, oldest runs go first',
  }),
  keepInputs: setting('FOVEA_KEEP_INPUTS', flag, {
    fallback: true,
    shown: 'true',
    about: 'false keeps only the hashes of inputs',
  }),
  logLevel: setting('FOVEA_LOG_LEVEL', z.enum(['debug', 'info', 'warn', 'error', 'silent']), {
    fallback: 'info',
    shown: 'info',
    about: 'debug, info, warn, error or silent',
  }),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
type Value<N extends SettingName> =
  z.output<(typeof SETTINGS)[N]['schema']> | (typeof SETTINGS)[N]['fallback'];
/** All settings, validated. */
export type Settings = { readonly [N in SettingName]: Value<N> };

/**
 * Reads and checks the environment; relative folders are resolved against `cwd`.
 * @throws INVALID_PARAMETER naming every variable that is wrong
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>, cwd: string): Settings {
  const errors: { path: string; message: string }[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(SETTINGS)) {
    const raw = env[entry.env]?.trim();
    if (raw === undefined || raw === '') {
      values[name] = entry.fallback;
      continue;
    }
    const parsed = entry.schema.safeParse(raw);
    if (parsed.success) values[name] = parsed.data;
    else for (const issue of parsed.error.issues) errors.push({ path: entry.env, message: issue.message });
  }
  const settings = values as Settings;
  if (errors.length === 0 && !isLoopback(settings.host) && settings.apiKey === undefined)
    errors.push({
      path: 'FOVEA_HOST',
      message: `${settings.host} can be reached from other machines: set FOVEA_API_KEY as well (16 characters or more)`,
    });
  const unknown = Object.keys(env).filter((key) => key.startsWith('FOVEA_') && !KNOWN.has(key) && env[key]);
  for (const key of unknown) errors.push({ path: key, message: 'is not a setting of Fovea' });
  if (errors.length > 0)
    throw new VisionError(
      'INVALID_PARAMETER',
      errors.map((error) => `${error.path} ${error.message}`).join('; '),
      {
        errors,
        hint: 'Run `npm run fovea -- doctor` to see every setting and where it comes from.',
      },
    );
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(cwd, path));
  return {
    ...settings,
    dataDir: absolute(settings.dataDir),
    importRoots: settings.importRoots.map(absolute),
  };
}

const KNOWN = new Set<string>(Object.values(SETTINGS).map((entry) => entry.env));

/** 127.0.0.0/8, ::1 and localhost. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);

export interface SettingLine {
  readonly env: string;
  readonly value: string;
  readonly source: 'default' | 'environment';
  readonly about: string;
}

/** One line per setting, for `fovea doctor`; secrets are masked. */
export function describeSettings(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
): SettingLine[] {
  return Object.entries(SETTINGS).map(([name, entry]: [string, Setting]) => {
    const given = Boolean(env[entry.env]?.trim());
    const value = settings[name as SettingName];
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return {
      env: entry.env,
      value: given ? (entry.secret ? '(set)' : text) : entry.shown,
      source: given ? 'environment' : 'default',
      about: entry.about,
    };
  });
}
