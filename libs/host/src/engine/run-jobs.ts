import { primaryInput, type JobContext, type JobWork } from '@fovea/application';
import { type BatchEnvelope, type Job, type Problem, type RunEnvelope, type Task } from '@fovea/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { v5 as uuidOf } from 'uuid';
import { asVisionError } from '../server/problem.ts';
import type { Engine } from './engine.ts';
import type { ExecuteRequest } from './executor.ts';
import { checkInputs, sha256Of, type InputBytes, type InputsByName } from './inputs.ts';
import { untilThereIsRoom } from './patience.ts';

/** The `request` of a job of kind `run`. */
interface RunJob {
  readonly task: Task;
  readonly inputs: Readonly<Record<string, readonly { readonly blob: string; readonly name?: string }[]>>;
  readonly params: unknown;
  readonly model?: string;
  /** Left out where the runs are recorded. */
  readonly store?: false;
}

/** Pictures of a batch that are under way together: enough to fill batches, few enough to leave room. */
const PARALLEL = 4;
/** Tries of one picture of a batch, and the pause between them. */
const TRIES = 3;
const PAUSE_MS = 1000;
/** Names this use of version 5 UUIDs (RFC 9562, section 5.5). */
const KEY_NAMESPACE = '6f0d6d0e-3c55-4a87-9e1f-7c9c5a0c2b11';

/**
 * Puts a run, or one per picture of the primary input, into the queue; the inputs are kept as blobs until then.
 * @throws NOT_FOUND, INVALID_REQUEST and INVALID_PARAMETER at once, as the run would; CONFLICT where the
 *   Idempotency-Key belongs to another request; CATALOG_UNAVAILABLE, STORAGE_FULL
 */
export async function submitRun(engine: Engine, request: ExecuteRequest): Promise<Job> {
  const { task, owner = 'local', inputs, params, model, store, idempotency } = request;
  engine.check(request);
  const { definition } = engine.registry.get(task);
  const pictures = eachPicture(inputs, primaryInput(definition));
  for (const one of pictures) checkInputs(definition, one);
  const jobs = engine.needJobs();
  const catalog = engine.needCatalog();
  const named: Record<string, { blob: string; name?: string }[]> = {};
  for (const [name, sent] of Object.entries(inputs))
    named[name] = await Promise.all(
      sent.map(async (input) => {
        // Its media type is found when it is decoded; the run's own reference has it.
        const { sha256 } = await catalog.blobs.put(owner, input.bytes, 'application/octet-stream');
        return { blob: sha256, ...(input.name === undefined ? {} : { name: input.name }) };
      }),
    );
  const run: RunJob = {
    task: definition.task,
    inputs: named,
    params: params ?? {},
    ...(model === undefined ? {} : { model }),
    ...(store === false ? { store } : {}),
  };
  return await jobs.submit(owner, {
    kind: 'run',
    task: definition.task,
    request: { ...run },
    blobs: Object.values(named).flatMap((blobs) => blobs.map(({ blob }) => blob)),
    ...(idempotency ? { id: uuidOf(`${owner}\n${idempotency.key}`, KEY_NAMESPACE) } : {}),
  });
}

/** The work of a job of kind `run`: the answer is what the request would have been answered. */
export function runWork(engine: Engine): JobWork {
  return async (context, request) => {
    const run = request as unknown as RunJob;
    const { definition } = engine.registry.get(run.task);
    const primary = primaryInput(definition);
    const count = primary === undefined ? 0 : (run.inputs[primary]?.length ?? 0);
    if (primary === undefined || count < 2) {
      const { signal } = context;
      return await untilThereIsRoom(signal, () =>
        runOne(engine, { context, run, inputs: run.inputs, index: 0, signal, only: true }),
      );
    }
    return await runBatch(engine, { context, run, primary, count });
  };
}

/** Every picture is a step: what was done before a restart is not done again. */
async function runBatch(
  engine: Engine,
  { context, run, primary, count }: { context: JobContext; run: RunJob; primary: string; count: number },
): Promise<BatchEnvelope> {
  const steps = await context.steps.all();
  const outcomes = Array.from(
    { length: count },
    (_, index) => steps.get(String(index)) as RunEnvelope | Problem | undefined,
  );
  const left = [...outcomes.keys()].filter((index) => outcomes[index] === undefined);
  let done = count - left.length;
  context.progress(done, count, 'images');
  const fault = new AbortController();
  const signal = AbortSignal.any([context.signal, fault.signal]);
  const worker = async () => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      signal.throwIfAborted();
      const picture = run.inputs[primary]?.[index];
      const inputs = { ...run.inputs, [primary]: picture ? [picture] : [] };
      const outcome = await runPicture(engine, { context, run, inputs, index, signal });
      await context.steps.put(String(index), outcome);
      outcomes[index] = outcome;
      context.progress(++done, count, 'images');
    }
  };
  const workers = Array.from({ length: Math.min(PARALLEL, left.length) }, () =>
    worker().catch((error: unknown) => {
      fault.abort(error); // the others stop before the job is tried again
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers); // throws the first fault
  return { runs: outcomes.filter((outcome) => outcome !== undefined) };
}

interface OneRun {
  readonly context: JobContext;
  readonly run: RunJob;
  readonly inputs: RunJob['inputs'];
  readonly index: number;
  readonly signal: AbortSignal;
  /** Its progress is the job's. */
  readonly only?: boolean;
}

/** One picture of a batch; it fails alone, unless what failed would fail for all of them. */
async function runPicture(engine: Engine, one: OneRun): Promise<RunEnvelope | Problem> {
  for (let tries = 1; ; tries++)
    try {
      return await untilThereIsRoom(one.signal, () => runOne(engine, one));
    } catch (error) {
      one.signal.throwIfAborted();
      const known = asVisionError(error);
      if (['CATALOG_UNAVAILABLE', 'STORAGE_FULL', 'MODEL_MISSING'].includes(known.code)) throw error;
      if (known.status < 500 || tries >= TRIES) return known.toProblem(`${one.context.id}#${one.index}`);
      await delay(PAUSE_MS, undefined, { signal: one.signal });
    }
}

async function runOne(
  engine: Engine,
  { context, run, inputs, index, signal, only }: OneRun,
): Promise<RunEnvelope> {
  const read: Record<string, InputBytes[]> = {};
  for (const [name, blobs] of Object.entries(inputs))
    read[name] = await Promise.all(
      blobs.map(async ({ blob, name: file }) => ({
        bytes: await engine.readBlob(context.owner, blob),
        sha256: blob,
        ...(file === undefined ? {} : { name: file }),
      })),
    );
  return await engine.execute({
    task: run.task,
    inputs: read,
    params: run.params,
    model: run.model,
    owner: context.owner,
    store: run.store !== false,
    priority: 'job',
    signal,
    // A run that was recorded just before the process ended is found again, not made twice.
    idempotency: {
      key: `job:${context.id}:${index}`,
      requestSha256: sha256Of(Buffer.from(`${context.id}:${index}`)),
    },
    ...(only
      ? {
          onProgress: ({ done, total, unit }) => context.progress(done, total, unit),
          onPartial: (result) => context.partial(result),
        }
      : {}),
  });
}

/** The inputs of each run: several primary inputs make a batch. */
function eachPicture(inputs: InputsByName, primary: string | undefined): InputsByName[] {
  const pictures = primary === undefined ? [] : (inputs[primary] ?? []);
  if (primary === undefined || pictures.length < 2) return [inputs];
  return pictures.map((picture) => ({ ...inputs, [primary]: [picture] }));
}
