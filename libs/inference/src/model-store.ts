import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { StageModel } from '@fovea/application';
import {
  Manifest,
  parseVocabulary,
  VisionError,
  type ClassLabel,
  type ManifestModel,
} from '@fovea/contracts';
import type { ModelFile } from './backend.ts';
import { withDerivedOutputs } from './derived.ts';
import { HashCache } from './hashing.ts';
import { readLabels } from './labels.ts';
import { pullFile } from './pull.ts';
import type { Log, PullOptions, Verification } from './types.ts';

/** Licences that allow use, change and redistribution, commercial too, without terms for the rest of a product. */
const PERMISSIVE = new Set([
  'Apache-2.0',
  'MIT',
  'MIT-0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'CC0-1.0',
  'CC-BY-4.0',
  'CC-BY-3.0',
  'Unlicense',
  'Zlib',
]);

export interface StoreOptions {
  readonly modelsDir: string;
  readonly dataDir: string;
  readonly licences: 'all' | 'permissive';
  readonly mirror?: string;
  readonly log: Log;
}
/** A model whose file is here and has the manifest's hash; `path` is that file, with derived outputs added. */
export interface PreparedModel extends ModelFile {
  readonly sha256: string;
  readonly bytes: number;
}
export type StoredState =
  { readonly state: 'available' } | { readonly state: 'missing' | 'disabled'; readonly reason: string };

export const pullCommand = (id: string): string => `npm run fovea -- models pull ${id}`;

/** The models that this server knows, and their files: the repository's manifest, then the user's. */
export class ModelStore {
  readonly userDir: string;
  readonly #options: StoreOptions;
  readonly #models = new Map<string, StageModel>();
  readonly #hashes = new HashCache();
  readonly #pulls = new Map<string, SharedPull>();

  private constructor(options: StoreOptions) {
    this.#options = options;
    this.userDir = join(options.dataDir, 'models');
  }

  /** @throws TypeError when a manifest does not fit its schema */
  static async open(options: StoreOptions): Promise<ModelStore> {
    const store = new ModelStore(options);
    await store.#readManifest(join(options.modelsDir, 'manifest.json'));
    const own = join(store.userDir, 'manifest.json');
    if (existsSync(own)) await store.#readManifest(own);
    return store;
  }

  list(): StageModel[] {
    return [...this.#models.values()];
  }

  /** @throws NOT_FOUND */
  get(id: string): StageModel {
    const model = this.#models.get(id);
    if (model) return model;
    const near = [...this.#models.keys()].slice(0, 20).join(', ') || 'none';
    throw new VisionError('NOT_FOUND', `There is no model "${id}"`, { hint: `The models are: ${near}.` });
  }

  /** A model that can be used now. @throws NOT_FOUND, MODEL_MISSING */
  usable(id: string): StageModel {
    const model = this.get(id);
    const stored = this.state(model);
    if (stored.state === 'available') return model;
    const hint =
      stored.state === 'disabled'
        ? 'Set FOVEA_LICENCES=all if its licence suits you.'
        : model.source.type === 'url'
          ? `Run \`${pullCommand(id)}\` on the server.`
          : `Run \`git restore models/weights/${model.file}\` (or unpack the release again) on the server.`;
    throw new VisionError('MODEL_MISSING', stored.reason, { hint });
  }

  state(model: ManifestModel): StoredState {
    if (this.#options.licences === 'permissive' && !(model.commercialUse && PERMISSIVE.has(model.licenceId)))
      return {
        state: 'disabled',
        reason: `${model.id} is disabled by FOVEA_LICENCES=permissive: its terms (${model.licenceId}) ${model.commercialUse ? 'are not permissive' : 'do not allow commercial use'}`,
      };
    if (existsSync(this.path(model))) return { state: 'available' };
    const fix = model.source.type === 'url' ? `; run \`${pullCommand(model.id)}\`` : '';
    return { state: 'missing', reason: `${model.id}: ${model.file} is not here${fix}` };
  }

  /** Where a model's file is or will be. */
  path(model: ManifestModel): string {
    return within(this.#root(model), model.file);
  }

  /**
   * A model's file, its hash verified (again only when the file changed).
   * @throws MODEL_MISSING, MODEL_FAILED when the hash is wrong
   */
  async prepare(id: string): Promise<PreparedModel> {
    const model = this.usable(id);
    const path = this.path(model);
    const found = await this.#hashes.sha256(path);
    if (found !== model.sha256) throw wrongHash(model, found);
    const derived = await withDerivedOutputs(join(this.userDir, 'derived'), model, path);
    return { id, path: derived, sha256: found, bytes: model.bytes };
  }

  /** Reads every file again and compares hashes. */
  async verify(ids: readonly string[] = [...this.#models.keys()]): Promise<Verification[]> {
    const results: Verification[] = [];
    for (const id of ids) {
      const model = this.get(id);
      const stored = this.state(model);
      if (stored.state !== 'available') {
        results.push({ id, ok: false, reason: stored.reason });
        continue;
      }
      const found = await new HashCache().sha256(this.path(model));
      const wrong = found === model.sha256 ? undefined : wrongHash(model, found).message;
      results.push(wrong === undefined ? { id, ok: true } : { id, ok: false, reason: wrong });
    }
    return results;
  }

  /**
   * Fetches a model's file unless it is here; several callers share one transfer, which ends when all have left.
   * @throws NOT_FOUND, MODEL_MISSING, MODEL_FAILED, STORAGE_FULL, CANCELLED
   */
  async pull(id: string, options: PullOptions = {}): Promise<void> {
    const model = this.get(id);
    const stored = this.state(model);
    if (stored.state === 'disabled') throw new VisionError('MODEL_MISSING', stored.reason);
    if (stored.state === 'available' && (await this.#hashes.sha256(this.path(model))) === model.sha256)
      return;
    if (model.source.type !== 'url' && this.#options.mirror === undefined)
      throw new VisionError(
        'MODEL_MISSING',
        `${id} comes with Fovea or from you; there is no address to pull it from`,
      );
    let shared = this.#pulls.get(id);
    if (!shared) {
      shared = new SharedPull((signal, onProgress) =>
        pullFile(
          {
            model,
            target: this.path(model),
            log: this.#options.log,
            ...(this.#options.mirror === undefined ? {} : { mirror: this.#options.mirror }),
          },
          { signal, onProgress },
        ),
      );
      this.#pulls.set(id, shared);
      shared.done.finally(() => this.#pulls.delete(id)).catch(() => undefined);
    }
    await shared.join(options);
  }

  /** Adds a model of the user's; the caller has put its file in place and written the manifest. */
  async register(model: ManifestModel): Promise<StageModel> {
    const stage: StageModel = {
      ...model,
      classes: await this.#labels(model),
      tokens: await this.#tokens(model),
    };
    this.#models.set(model.id, stage);
    return stage;
  }

  async #readManifest(path: string): Promise<void> {
    const parsed = Manifest.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (!parsed.success)
      throw new TypeError(`${path} is no manifest: ${parsed.error.message}`, { cause: parsed.error });
    for (const model of parsed.data.models) {
      within(this.#root(model), model.file);
      try {
        await this.register(model);
      } catch (error) {
        // A model of the user's that lost its label file must not keep the server from starting.
        if (model.source.type !== 'user') throw error;
        this.#options.log.error({ model: model.id, error: String(error) }, 'model of the user left out');
      }
    }
  }

  async #labels(model: ManifestModel): Promise<ClassLabel[]> {
    if (model.labels === undefined) return [];
    const base = model.source.type === 'user' ? this.userDir : this.#weightsDir;
    return readLabels(await readFile(within(base, model.labels), 'utf8'));
  }

  async #tokens(model: ManifestModel): Promise<readonly string[]> {
    if (model.vocabulary === undefined) return [];
    return parseVocabulary(JSON.parse(await readFile(within(this.#weightsDir, model.vocabulary), 'utf8')));
  }

  #root(model: ManifestModel): string {
    return model.source.type === 'embedded' ? this.#weightsDir : this.userDir;
  }

  get #weightsDir(): string {
    return join(this.#options.modelsDir, 'weights');
  }
}

/** One transfer that several wait for; it is cancelled when the last of them gave up. */
class SharedPull {
  readonly done: Promise<void>;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<NonNullable<PullOptions['onProgress']>>();
  #waiting = 0;

  constructor(
    start: (signal: AbortSignal, onProgress: NonNullable<PullOptions['onProgress']>) => Promise<void>,
  ) {
    this.done = start(this.#abort.signal, (progress) => {
      for (const listener of this.#listeners) listener(progress);
    });
    this.done.catch(() => undefined);
  }

  async join({ signal, onProgress }: PullOptions): Promise<void> {
    this.#waiting += 1;
    if (onProgress) this.#listeners.add(onProgress);
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(new VisionError('CANCELLED', 'The pull was cancelled'));
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted) leave();
    try {
      await Promise.race([this.done, left.promise]);
    } finally {
      signal?.removeEventListener('abort', leave);
      if (onProgress) this.#listeners.delete(onProgress);
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#abort.abort();
    }
  }
}

/** Joins a path of a manifest below its folder. */
function within(folder: string, file: string): string {
  const path = resolve(folder, file);
  if (!path.startsWith(resolve(folder) + sep))
    throw new TypeError(`${file} must lie below its models folder`);
  return path;
}

export function wrongHash(model: ManifestModel, found: string): VisionError {
  const fix =
    model.source.type === 'url'
      ? `run \`${pullCommand(model.id)}\``
      : 'put the right one in its place (`git restore`)';
  return new VisionError(
    'MODEL_FAILED',
    `${model.id}: ${model.file} has SHA-256 ${found}, the manifest says ${model.sha256}`,
    {
      hint: `The file is damaged or was replaced: delete it, ${fix}, then run \`npm run fovea -- models verify ${model.id}\`.`,
    },
  );
}
