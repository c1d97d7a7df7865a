import type { AnyDefinition } from '@fovea/application';
import { VisionError, type ClassLabel, type EvaluationRequest, type Task } from '@fovea/contracts';
import { readDataset, type Dataset, type DatasetTruth } from '@fovea/evaluation';
import type { Engine } from '../engine/engine.ts';
import { sha256Of } from '../engine/inputs.ts';
import { parseParams } from '../engine/params.ts';
import { allowedPath, type Roots } from '../engine/folders.ts';
import type { Measure, MeasureOptions } from './measure.ts';
import { measureAnswers } from './measure-answers.ts';
import { measureCaptions } from './measure-captions.ts';
import { measureClassification } from './measure-classification.ts';
import { measureDetection } from './measure-detection.ts';
import { measureEmbedding } from './measure-embedding.ts';
import { measurePose } from './measure-pose.ts';
import { measureSegmentation } from './measure-segmentation.ts';
import { measureSemantic } from './measure-semantic.ts';

/** How a task is measured, and with which parameters where the request does not say otherwise. */
interface Measuring {
  readonly make: (options: MeasureOptions) => Measure;
  readonly annotations?: 'keypoints' | 'captions';
  readonly params: Record<string, unknown>;
  /** What the request itself decides. */
  paramsOf?(request: EvaluationRequest): Record<string, unknown>;
}

/**
 * A metric wants every candidate with its score, so nothing is cut off. The counts are those of the COCO evaluation:
 * at most 100 objects, at most 20 people. Poses that are twins stay, as in the published figures; without them AP is higher.
 */
const MEASURED: Partial<Record<Task, Measuring>> = {
  classification: { make: measureClassification, params: { topK: 5 } },
  detection: { make: measureDetection, params: { minScore: 0, maxItems: 100 } },
  segmentation: { make: measureSegmentation, params: { minScore: 0, maxItems: 100 } },
  'semantic-segmentation': { make: measureSemantic, params: {} },
  embedding: {
    make: measureEmbedding,
    annotations: 'captions',
    params: {},
    paramsOf: ({ dataset, calibrate }) => ({
      space: !calibrate && ['captions', 'coco'].includes(dataset.format) ? 'cross-modal' : 'visual',
    }),
  },
  pose: { make: measurePose, annotations: 'keypoints', params: { minScore: 0, maxItems: 20, nms: 1 } },
  caption: { make: measureCaptions, annotations: 'captions', params: {} },
  // Every question is answered, whatever is there and however unsure the answer is; the floor is measured besides.
  vqa: { make: measureAnswers, params: { premise: false, minConfidence: 0 } },
};

/** Everything an evaluation needs, checked: what is wrong with a request is said before the first picture is run. */
export interface Plan {
  readonly request: EvaluationRequest;
  readonly definition: AnyDefinition;
  readonly roots: Roots;
  /** Only the pictures and truths of the request's limit and subset. */
  readonly dataset: Dataset;
  readonly subset: string;
  readonly params: Record<string, unknown>;
  readonly measure: Measure;
  /** Of everything that decides what a picture's step holds. */
  readonly fingerprint: string;
  /** The parameters of the evaluation, without what differs from picture to picture. */
  shownParams(params: Record<string, unknown>): Record<string, unknown>;
}

/**
 * Reads the data set and checks a request against it and against the task.
 * @param roots undefined: any folder
 * @throws FORBIDDEN, INVALID_PARAMETER, NOT_IMPLEMENTED (a task without a metric), MODEL_MISSING
 */
export async function makePlan(engine: Engine, request: EvaluationRequest, roots: Roots): Promise<Plan> {
  const { definition, remote } = engine.registry.get(request.task);
  const measuring = MEASURED[request.task];
  if (!measuring)
    throw new VisionError('NOT_IMPLEMENTED', `there is no evaluation of ${request.task}`, {
      hint: `Tasks that can be evaluated: ${Object.keys(MEASURED).join(', ')}.`,
    });
  // Of a forwarded run only the answer comes back, not the class map beside it.
  if (remote !== undefined && request.task === 'semantic-segmentation')
    throw new VisionError('NOT_IMPLEMENTED', `${request.task} runs on another server (${remote})`, {
      hint: 'Ask that server for the evaluation: it has the weights and must have the data set.',
    });
  if (request.boxes === 'truth' && request.task !== 'segmentation')
    throw new VisionError('INVALID_PARAMETER', 'boxes: truth is for the task segmentation alone', {
      errors: [{ path: 'boxes', message: 'only segmentation takes boxes' }],
    });
  if (request.calibrate && request.task !== 'embedding')
    throw new VisionError('INVALID_PARAMETER', 'calibrate is for the task embedding alone', {
      errors: [{ path: 'calibrate', message: 'only embedding has cut-offs' }],
    });
  const params = { ...measuring.params, ...measuring.paramsOf?.(request), ...request.params };
  // With boxes of its own a run needs no detector: any box tells which models are used then.
  const likeRuns = request.boxes === 'truth' ? { ...params, boxes: [[0, 0, 1, 1]] } : params;
  const parsed = parseParams(definition, likeRuns, {
    model: request.model,
    ownModels: () => engine.tasks().find(({ task }) => task === request.task)?.models[0]?.choices ?? [],
  });
  const models = Object.entries(parsed.models).map(([role, id]) => ({
    role,
    model: engine.inference.model(id),
  }));
  const { dataset, subset } = await readPart(request, { roots, annotations: measuring.annotations });
  const naming = models.find(({ model }) => model.classes.length > 0)?.model;
  const measure = measuring.make({
    request,
    dataset,
    truths: truthsByImage(dataset),
    classes: (naming?.classes ?? []) as readonly ClassLabel[],
    model: naming?.id ?? models[0]?.model.id ?? request.task,
    defaults: parseParams(definition, {}).params,
  });
  const fingerprint = {
    dataset: dataset.sha256,
    params: parsed.params,
    models: models.map(({ role, model }) => [role, model.id, model.sha256]),
    boxes: request.boxes,
    calibrate: request.calibrate,
    code: engine.version,
  };
  return {
    request,
    definition,
    roots,
    dataset,
    subset,
    params,
    measure,
    fingerprint: sha256Of(Buffer.from(JSON.stringify(fingerprint))).slice(0, 16),
    shownParams: ({ boxes, questions, ...others }) => ({
      ...others,
      ...(request.boxes === 'truth' || boxes === undefined ? {} : { boxes }),
      ...(dataset.has.questions || questions === undefined ? {} : { questions }),
    }),
  };
}

/** The part of the data set that the request wants. */
async function readPart(
  { dataset: wanted, limit, subset }: EvaluationRequest,
  { roots, annotations }: { roots: Roots; annotations: Measuring['annotations'] },
): Promise<{ dataset: Dataset; subset: string }> {
  // It names a file or folder within the data set.
  if (wanted.split !== undefined && /(^|[\\/])\.\.([\\/]|$)|^[\\/]|\0/.test(wanted.split))
    throw new VisionError('INVALID_PARAMETER', `split: "${wanted.split}" leads out of the data set`);
  const folder = await allowedPath(wanted.folder, roots);
  const whole = await readDataset(wanted.format, folder, {
    ...(wanted.split === undefined ? {} : { split: wanted.split }),
    ...(annotations && wanted.format === 'coco' ? { annotations } : {}),
  });
  const images = whole.images
    .filter(({ id }) => subset === 'all' || (id % 2 === 0) === (subset === 'even'))
    .toSorted((a, b) => a.id - b.id)
    .slice(0, limit);
  if (images.length === 0)
    throw new VisionError('INVALID_PARAMETER', `the data set ${whole.name} has no picture to evaluate`, {
      hint: subset === 'all' ? 'It is empty.' : `No picture of it has an ${subset} id.`,
    });
  const ids = new Set(images.map(({ id }) => id));
  const parts = [
    ...(subset === 'all' ? [] : [subset]),
    ...(limit !== undefined && images.length < whole.images.length ? [`first ${images.length}`] : []),
  ];
  return {
    dataset: {
      ...whole,
      images,
      truths: whole.truths.filter(({ imageId }) => ids.has(imageId)),
      ...(whole.captions ? { captions: whole.captions.filter(({ imageId }) => ids.has(imageId)) } : {}),
      ...(whole.questions ? { questions: whole.questions.filter(({ imageId }) => ids.has(imageId)) } : {}),
    },
    subset: parts.join(', ') || 'all',
  };
}

function truthsByImage({ images, truths }: Dataset): ReadonlyMap<number, readonly DatasetTruth[]> {
  const found = new Map<number, DatasetTruth[]>(images.map(({ id }) => [id, []]));
  for (const truth of truths) found.get(truth.imageId)?.push(truth);
  return found;
}
