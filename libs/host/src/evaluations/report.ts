import type { JobContext } from '@fovea/application';
import type { EvaluationRecord } from '@fovea/catalog';
import type { EvaluatedPicture, Evaluation, EvaluationReport } from '@fovea/contracts';
import { openPicture } from '@fovea/imaging';
import type { Engine } from '../engine/engine.ts';
import { sha256Of } from '../engine/inputs.ts';
import type { WorstPicture } from './measure.ts';
import { isPictureFault, pictureBytes } from './pictures.ts';
import type { Plan } from './plan.ts';
import { envelopeOf, type Ran } from './runner.ts';

interface ReportOptions {
  readonly plan: Plan;
  readonly ran: Ran;
  readonly context: JobContext;
  readonly job: string | undefined;
}
type Blobs = NonNullable<EvaluationRecord['blobs']>;

/** Figures, diagrams and the worst pictures of an evaluation whose pictures have all been run. */
export async function makeReport(
  engine: Engine,
  options: ReportOptions,
): Promise<{ evaluation: Evaluation; blobs: Blobs }> {
  const { plan, ran, context, job } = options;
  const { dataset, request } = plan;
  const kept = new Map(
    [...ran.steps].flatMap(([id, step]) => ('kept' in step ? [[id, step.kept] as const] : [])),
  );
  const { figures, worst, ...report } = await plan.measure.measure(kept);
  const pictures = await showPictures(engine, options, worst);
  const self = `/v1/evaluations/${context.id}`;
  const evaluation: Evaluation = {
    id: context.id,
    task: request.task,
    createdAt: new Date().toISOString(),
    codeVersion: engine.version,
    device: ran.facts.device,
    models: [...ran.facts.models],
    params: ran.facts.params,
    dataset: {
      format: dataset.format,
      name: dataset.name,
      folder: dataset.folder,
      sha256: dataset.sha256,
      split: dataset.split ?? null,
      subset: plan.subset,
      images: dataset.images.length,
      truths: (dataset.questions ?? dataset.captions ?? dataset.truths).length,
    },
    metric: plan.measure.metric,
    figures: [...figures],
    durationMs: Math.round(ran.durationMs),
    imagesPerSecond:
      ran.durationMs > 0 ? Math.round((dataset.images.length / ran.durationMs) * 1e6) / 1e3 : null,
    links: { self, ...(job === undefined ? {} : { job }) },
    report: { ...report, worst: pictures.worst, failures: failuresOf(options) },
  };
  return { evaluation, blobs: pictures.blobs };
}

function failuresOf({ plan, ran }: ReportOptions): EvaluationReport['failures'] {
  return plan.dataset.images.flatMap(({ id, name }) => {
    const step = ran.steps.get(id);
    return step && 'failure' in step ? [{ name, ...step.failure }] : [];
  });
}

/** The worst pictures with their sizes, and the bytes that the report names. */
async function showPictures(
  engine: Engine,
  options: ReportOptions,
  worst: readonly WorstPicture[],
): Promise<{ worst: EvaluatedPicture[]; blobs: Blobs }> {
  const shown: EvaluatedPicture[] = [];
  const blobs = new Map<string, Blobs[number]>();
  for (const picture of worst) {
    options.context.signal.throwIfAborted();
    const one = await showPicture(engine, options, picture).catch((error: unknown) => {
      if (isPictureFault(error)) return undefined;
      throw error;
    });
    if (!one) continue;
    shown.push(one.picture);
    for (const blob of one.blobs) blobs.set(blob.sha256, blob);
  }
  return { worst: shown, blobs: [...blobs.values()] };
}

/** Undefined where it cannot be read any more. */
async function showPicture(
  engine: Engine,
  { plan, context }: ReportOptions,
  { imageId, prediction, blobs: own, ...words }: WorstPicture,
): Promise<{ picture: EvaluatedPicture; blobs: Blobs } | undefined> {
  const image = plan.dataset.images.find(({ id }) => id === imageId);
  if (!image) return undefined;
  const again = prediction ? null : await envelopeOf(engine, { plan, image, job: context });
  const bytes = again?.bytes ?? (await pictureBytes(image, plan.roots));
  const result = prediction ?? again?.envelope.result;
  if (!result) return undefined;
  const { width, height, mime } = await openPicture(bytes, {
    maxPixels: engine.settings.maxPixels,
    signal: context.signal,
  });
  const sha256 = sha256Of(bytes);
  const isKept = engine.settings.keepInputs && engine.catalog !== undefined;
  const maps = [...(own ?? []), ...(again?.blobs ?? [])].map(([hash, blob]) => ({ sha256: hash, ...blob }));
  return {
    picture: {
      imageId,
      name: image.name,
      width,
      height,
      blob: isKept ? sha256 : null,
      ...words,
      prediction: result,
    },
    blobs: [...maps, ...(isKept ? [{ sha256, mime, bytes }] : [])],
  };
}
