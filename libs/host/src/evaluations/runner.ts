import { primaryInput, type JobContext } from '@fovea/application';
import { VisionError, type ErrorCode, type ModelUse, type RunEnvelope } from '@fovea/contracts';
import type { DatasetImage } from '@fovea/evaluation';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../engine/engine.ts';
import { sha256Of } from '../engine/inputs.ts';
import type { RunBlobs, Step } from './measure.ts';
import { isPictureFault, pictureBytes } from './pictures.ts';
import type { Plan } from './plan.ts';
import { variantsOf } from './variants.ts';

/** Pictures under way at once: while one is decoded others run, and their runs share batches. */
const IN_FLIGHT = 8;
/** People come first: work waits this long, and as often, where the queue of a model is full. */
const BUSY: readonly ErrorCode[] = ['QUEUE_FULL', 'RATE_LIMITED'];
const BUSY_MS = 1000;
const BUSY_TRIES = 120;

/** What all runs of an evaluation have in common. */
export interface RunFacts {
  readonly models: readonly ModelUse[];
  readonly device: string;
  readonly params: Record<string, unknown>;
}
export interface Ran {
  readonly steps: ReadonlyMap<number, Step>;
  readonly facts: RunFacts;
  /** Of the pictures' runs, those before a restart included. */
  readonly durationMs: number;
}

/** Everything that is kept begins with the plan's fingerprint: what another plan has left counts for nothing. */
interface KeptStep {
  readonly plan: string;
  readonly step: Step;
  readonly elapsedMs: number;
}

/**
 * Runs every picture of a plan that has no step yet.
 * @throws the first failure where no picture could be run; MODEL_MISSING and whatever is not the fault of one picture
 */
export async function runPictures(engine: Engine, plan: Plan, job: JobContext): Promise<Ran> {
  const before = await job.steps.all();
  const steps = new Map<number, Step>();
  let elapsedBefore = 0;
  for (const { id } of plan.dataset.images) {
    const kept = before.get(stepKey(id)) as KeptStep | undefined;
    if (kept?.plan !== plan.fingerprint) continue;
    steps.set(id, kept.step);
    elapsedBefore = Math.max(elapsedBefore, kept.elapsedMs);
  }
  const earlier = before.get(FACTS) as (RunFacts & { plan: string }) | undefined;
  let facts: RunFacts | undefined = earlier?.plan === plan.fingerprint ? earlier : undefined;
  const start = performance.now();
  const elapsedMs = () => elapsedBefore + performance.now() - start;
  const left = plan.dataset.images.filter(({ id }) => !steps.has(id));
  const total = plan.dataset.images.length;
  job.progress(steps.size, total, 'images');

  const one = async (image: DatasetImage): Promise<void> => {
    const { step, envelopes } = await runPicture(engine, { plan, job, image });
    const [first] = envelopes;
    if (first && !facts) {
      const { device, params } = first.run;
      // A caption is read by other models than its picture.
      const models = new Map(envelopes.flatMap(({ run }) => run.models.map((model) => [model.id, model])));
      facts = { models: [...models.values()], device, params: plan.shownParams(params) };
      await job.steps.put(FACTS, { plan: plan.fingerprint, ...facts });
    }
    const kept: KeptStep = { plan: plan.fingerprint, step, elapsedMs: Math.round(elapsedMs()) };
    await job.steps.put(stepKey(image.id), kept);
    steps.set(image.id, step);
    job.progress(steps.size, total, 'images');
  };
  await eachOf(left, job.signal, one);
  const failure = [...steps.values()].find((step) => 'failure' in step);
  if (!facts) {
    if (failure)
      throw new VisionError(failure.failure.code, `no picture could be run: ${failure.failure.detail}`);
    throw new VisionError('INVALID_PARAMETER', 'there is no picture to evaluate');
  }
  return { steps, facts, durationMs: elapsedMs() };
}

const FACTS = 'run';
const stepKey = (imageId: number): string => `image ${imageId}`;

/** A few at a time; the first failure stops the rest, and is thrown when those under way have ended. */
async function eachOf(
  images: readonly DatasetImage[],
  signal: AbortSignal,
  work: (image: DatasetImage) => Promise<void>,
): Promise<void> {
  const waiting = [...images].reverse();
  const failures: unknown[] = [];
  const worker = async () => {
    for (let image = waiting.pop(); image && failures.length === 0; image = waiting.pop())
      try {
        signal.throwIfAborted();
        await work(image);
      } catch (error) {
        failures.push(error);
      }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, images.length) }, worker));
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

interface OnePicture {
  readonly plan: Plan;
  readonly job: Pick<JobContext, 'signal' | 'owner'>;
  readonly image: DatasetImage;
}

async function runPicture(
  engine: Engine,
  options: OnePicture,
): Promise<{ step: Step; envelopes: readonly RunEnvelope[] }> {
  const { plan, image, job } = options;
  try {
    const run = await envelopeOf(engine, options);
    if (run === null) return { step: { kept: null }, envelopes: [] };
    const envelopes = [run.envelope];
    const also = async (bytes: Uint8Array | null, params: Record<string, unknown>) => {
      const { envelope } = await execute(engine, options, { bytes, params });
      envelopes.push(envelope);
      return envelope;
    };
    const kept = await plan.measure.keep(image, {
      ...run,
      also: Object.assign((params: Record<string, unknown>) => also(null, params), {
        again: (params: Record<string, unknown>) => also(run.bytes, params),
        variants: async (bytes: Uint8Array) => {
          const { maxPixels } = engine.settings;
          const variants = await variantsOf(bytes, { maxPixels, signal: job.signal });
          return Promise.all(variants.map((variant) => also(variant, {})));
        },
      }),
    });
    return { step: { kept }, envelopes };
  } catch (error) {
    job.signal.throwIfAborted();
    // Boxes of the data set may lie outside a picture.
    const isOwnFault =
      plan.measure.paramsOf && error instanceof VisionError && error.code === 'INVALID_PARAMETER';
    if (!isOwnFault && !isPictureFault(error)) throw error;
    return { step: { failure: { code: error.code, detail: error.message } }, envelopes: [] };
  }
}

/**
 * The picture through the application itself, with the bytes that its result names; null where there is nothing to run.
 * @throws whatever a run can end with, but a full queue only after minutes
 */
export async function envelopeOf(
  engine: Engine,
  options: OnePicture,
): Promise<{ envelope: RunEnvelope; blobs: RunBlobs; bytes: Uint8Array } | null> {
  const { plan, image } = options;
  const params = plan.measure.paramsOf ? plan.measure.paramsOf(image) : {};
  if (params === null) return null;
  const bytes = await pictureBytes(image, plan.roots);
  return { ...(await execute(engine, options, { bytes, params })), bytes };
}

/** One run of the plan's task; without bytes it has no input. */
async function execute(
  engine: Engine,
  { plan, image, job }: OnePicture,
  { bytes, params }: { bytes: Uint8Array | null; params: Record<string, unknown> },
): Promise<{ envelope: RunEnvelope; blobs: RunBlobs }> {
  const blobs = new Map<string, { bytes: Uint8Array; mime: string }>();
  const input = primaryInput(plan.definition);
  if (input === undefined) throw new TypeError(`${plan.definition.task} has no input`);
  for (let tries = 0; ; tries++)
    try {
      const envelope = await engine.execute({
        task: plan.definition.task,
        inputs: bytes ? { [input]: [{ bytes, name: image.name }] } : {},
        params: { ...plan.params, ...params },
        model: plan.request.model,
        owner: job.owner,
        store: false,
        priority: 'job',
        signal: job.signal,
        blobs: {
          put: (content, mime) => {
            const sha256 = sha256Of(content);
            blobs.set(sha256, { bytes: content, mime });
            return Promise.resolve({ sha256 });
          },
        },
      });
      return { envelope, blobs };
    } catch (error) {
      if (!(error instanceof VisionError) || !BUSY.includes(error.code) || tries >= BUSY_TRIES) throw error;
      await delay((error.retryAfterS ?? 0) * 1000 || BUSY_MS, undefined, { signal: job.signal });
    }
}
