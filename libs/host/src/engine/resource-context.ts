import type {
  FolderFile,
  JobContext,
  OpenedFile,
  Priority,
  ResourceContext,
  ResourceDefinition,
  Runtime,
  SentFile,
  Stage,
  StageModel,
} from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { readFile, stat } from 'node:fs/promises';
import type { Engine } from './engine.ts';
import { allowedPath, filesBelow } from './folders.ts';
import { fromBase64, sha256Of, tooLarge, type InputBytes } from './inputs.ts';
import { untilThereIsRoom } from './patience.ts';
import { runStage } from './run-stage.ts';

/** What a resource's context is made from. */
export interface ResourceHouse {
  readonly engine: Engine;
  /** Fetches what a request names by URL. */
  readonly fetchUrl: (url: string, signal: AbortSignal) => Promise<InputBytes>;
}

export interface ResourceCall {
  readonly definition: ResourceDefinition;
  readonly owner: string;
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; undefined: no deadline. */
  readonly deadlineAt?: number;
}

/** Jobs of resources that no task is named for: a job has one in its row. */
const JOB_TASK = 'embedding';

/** What one operation, job or round of recurring work is given. */
export function resourceContext(house: ResourceHouse, call: ResourceCall): ResourceContext {
  const { engine } = house;
  const { owner, signal } = call;
  const { importRoots, maxBytes } = engine.settings;
  const catalog = engine.needCatalog();
  const runtime = runtimeOf(engine, call);
  const cache = engine.stageCache.of(owner);
  return {
    owner,
    signal,
    runtime,
    collections: catalog.collections,
    vectors: engine.needVectors(),
    blobs: {
      put: (bytes, mime) => catalog.blobs.put(owner, bytes, mime),
      read: (sha256) => engine.readBlob(owner, sha256),
      putAnswer: (bytes, { mime, collectionId }) =>
        catalog.blobs.putAnswer(owner, bytes, { mime, collectionId }),
    },
    jobs: {
      submit: (submission) => engine.needJobs().submit(owner, { task: JOB_TASK, ...submission }),
      find: (id) => orNull(engine.needJobs().get(owner, id)),
    },
    openImage: async (bytes): Promise<OpenedFile> => engine.openPicture(bytes, signal),
    fetch: async (source): Promise<SentFile> => {
      if ('url' in source) return sentFile('url', await house.fetchUrl(source.url, signal));
      if ('blob' in source)
        return sentFile('blob', { bytes: await engine.readBlob(owner, source.blob), sha256: source.blob });
      return sentFile('base64', { bytes: fromBase64(source.base64, { maxBytes, what: 'source' }) });
    },
    runPicture: async (runId) => {
      const { inputs, run, result } = await engine.findRun(owner, runId);
      const picture = Object.values(inputs).find(({ mime }) => mime.startsWith('image/'));
      if (!picture) throw new VisionError('NOT_FOUND', `run ${runId} has no picture`);
      return { sha256: picture.sha256, name: null, task: run.task, result };
    },
    runPictures: async (options) =>
      (await catalog.runs.inputPictures(owner, { ...options, order: 'newest' })).pictures,
    withoutRuns: (sha256s) => catalog.runs.withoutRuns(owner, sha256s),
    altTexts: (sha256s) => catalog.runs.altTexts(owner, sha256s),
    folder: (path) => filesBelow(path, importRoots),
    readFile: (file) => readAllowed(file, { importRoots, maxBytes }),
    model: (role, id) => modelOf(engine, call.definition, { role, id }),
    async stage<I, P, F, O>(
      stage: Stage<I, P, F, O>,
      input: I,
      params: P,
      { model }: { model: StageModel },
    ): Promise<O> {
      return (await runStage(stage, { input, params, model, runtime, signal, cache })).output;
    },
  };
}

/** The context of a job is the resource's with the job. */
export const withJob = (
  context: ResourceContext,
  job: JobContext,
): ResourceContext & { readonly job: JobContext } => ({ ...context, job });

/** Work that nobody waits for gives way where the queue of a model is full; a person is told to come again. */
function runtimeOf({ inference }: Engine, { owner, priority, signal, deadlineAt }: ResourceCall): Runtime {
  const bound = inference.bind({
    owner,
    priority,
    signal,
    ...(deadlineAt === undefined ? {} : { deadlineMs: deadlineAt }),
  });
  return priority === 'job'
    ? { ...bound, run: (request) => untilThereIsRoom(signal, () => bound.run(request)) }
    : bound;
}

export const sentFile = (field: string, { bytes, sha256, name }: InputBytes): SentFile => ({
  field,
  bytes,
  sha256: sha256 ?? sha256Of(bytes),
  ...(name === undefined ? {} : { name }),
});

/** Where it lies is looked at again: it may have become a link since it was listed. */
async function readAllowed(
  { name, path }: FolderFile,
  { importRoots, maxBytes }: { importRoots: readonly string[]; maxBytes: number },
): Promise<SentFile> {
  const real = await allowedPath(path, importRoots);
  if ((await stat(real)).size > maxBytes) throw tooLarge(name, maxBytes);
  const bytes = await readFile(real);
  return sentFile('folder', { bytes, name });
}

/** A user's own models of the task that the resource's jobs have are choices of its first role. */
function modelOf(
  engine: Engine,
  { name, models }: ResourceDefinition,
  { role, id }: { role: string; id: string | undefined },
): StageModel {
  const declaration = models[role];
  if (!declaration) throw new TypeError(`the resource ${name} declares no role "${role}"`);
  const own = role === Object.keys(models)[0] ? engine.ownModels(JOB_TASK) : [];
  const choices = [...declaration.choices, ...own];
  const chosen = id ?? declaration.choices[0];
  if (!choices.includes(chosen))
    throw new VisionError('INVALID_PARAMETER', `model "${chosen}" does not serve ${name} as ${role}`, {
      errors: [{ path: `models.${role}`, message: `one of ${choices.join(', ')}` }],
      hint: `Choose one of: ${choices.join(', ')}`,
    });
  return engine.inference.model(chosen);
}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof VisionError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
