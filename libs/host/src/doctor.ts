import { settingLines, type Settings } from '@fovea/config';
import { VisionError } from '@fovea/contracts';
import { faissState } from '@fovea/vectors';
import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine } from './engine/engine.ts';
import type { Log } from './engine/log.ts';
import { startCatalog } from './engine/start.ts';
import type { Application } from './engine/registry.ts';
import { codeVersion, repositoryRoot } from './version.ts';

/** One thing that was looked at. `fix` is the command or setting that mends it. */
export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
}
export interface DoctorReport {
  readonly checks: readonly DoctorCheck[];
  readonly settings: ReturnType<typeof settingLines>;
}

const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const MIN_FREE_BYTES = 512 * 1024 * 1024;

/**
 * Looks at everything that Fovea needs and says what is wrong and what mends it; it starts inference (and the
 * database, where no server owns the data folder) for real.
 * @param options server: the URL of the server that owns the data folder, where one lives
 */
export async function doctor(
  settings: Settings,
  applications: readonly Application[],
  options: { server?: string } = {},
): Promise<DoctorReport> {
  const root = repositoryRoot();
  const checks: DoctorCheck[] = [
    { name: 'Fovea', ok: true, detail: codeVersion(root) },
    nodeCheck(),
    await check(
      'data folder',
      () => dataFolder(settings.dataDir),
      'Set FOVEA_DATA to a folder that can be written.',
    ),
    await check('web UI', () => webUi(root), 'npm run build'),
    vectorsCheck(settings),
  ];
  if (options.server !== undefined) {
    checks.push({ name: 'server', ok: true, detail: `${options.server} owns the data folder` });
    checks.push(
      await check('health', () => health(options.server as string), 'Look at the log of that server.'),
    );
  } else checks.push(...(await engineChecks(settings, applications)));
  return { checks, settings: settingLines(settings) };
}

/** Without FAISS every vector is compared: slower with many, and right. */
function vectorsCheck({ vectors }: Settings): DoctorCheck {
  if (vectors === 'pgvector')
    return {
      name: 'vectors',
      ok: true,
      detail: 'pgvector, in the catalog’s Postgres (looked for at the first search)',
    };
  const { ok, detail } = faissState();
  const used = ok && vectors !== 'exact' ? detail : `exact search (${ok ? 'FOVEA_VECTORS=exact' : detail})`;
  const fix = 'apt-get install g++ libfaiss-dev libopenblas-dev && npm run setup:faiss';
  return { name: 'vectors', ok: ok || vectors !== 'faiss', detail: used, ...(ok ? {} : { fix }) };
}

function nodeCheck(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 22 || (major === 22 && minor >= 12);
  return {
    name: 'Node',
    ok,
    detail: process.versions.node,
    ...(ok ? {} : { fix: 'Install Node 24, or run npm ci with optional packages.' }),
  };
}

async function engineChecks(
  settings: Settings,
  applications: readonly Application[],
): Promise<DoctorCheck[]> {
  const checks: DoctorCheck[] = [];
  let engine: Engine | undefined;
  const inference = await check(
    'inference',
    async () => {
      engine = await Engine.create({ settings, applications, record: false, log: SILENT });
      const { id, name, reason } = engine.inference.device();
      return `${id}: ${name} (${reason})`;
    },
    'npm rebuild onnxruntime-node; FOVEA_DEVICE=cpu',
  );
  checks.push(inference);
  if (!engine) return checks;
  const library = engine.inference;
  for (const model of await library.verify())
    checks.push({
      name: `model ${model.id}`,
      ok: model.ok,
      detail: model.ok ? 'SHA-256 as in the manifest' : (model.reason ?? 'not verified'),
      ...(model.ok ? {} : { fix: `npm run fovea -- models pull ${model.id}` }),
    });
  await engine.close();
  checks.push(
    await check(
      'catalog',
      () => catalog(settings),
      'Check DATABASE_URL, or the folder postgres in the data folder.',
    ),
  );
  return checks;
}

async function catalog(settings: Settings): Promise<string> {
  const store = await startCatalog(settings, SILENT);
  try {
    await store.ping();
    const { runs, blobs, bytes } = await store.stats();
    return `${store.embedded ? 'embedded Postgres' : 'DATABASE_URL'}: ${runs} runs, ${blobs} blobs, ${bytes} bytes`;
  } finally {
    await store.close();
  }
}

async function dataFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await access(folder, constants.R_OK | constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < MIN_FREE_BYTES)
    throw new Error(`${folder}: only ${Math.round((bavail * bsize) / 1e6)} MB are free`);
  return `${folder}: ${((bavail * bsize) / 1e9).toFixed(1)} GB free`;
}

async function webUi(root: string): Promise<string> {
  const folder = join(root, 'apps', 'web', 'dist');
  await access(join(folder, 'index.html'));
  return 'built';
}

async function health(server: string): Promise<string> {
  const response = await fetch(`${server}/v1/health/ready`);
  const body = (await response.json()) as { checks: Record<string, { ok: boolean; detail?: string }> };
  const wrong = Object.entries(body.checks).filter(([, { ok }]) => !ok);
  if (wrong.length > 0)
    throw new Error(wrong.map(([name, { detail }]) => `${name}: ${detail ?? 'not ok'}`).join('; '));
  return 'ready';
}

async function check(name: string, look: () => Promise<string>, fix: string): Promise<DoctorCheck> {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    const hint = error instanceof VisionError ? error.hint : fix;
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error), fix: hint };
  }
}
