import type {
  AnyDefinition,
  Image,
  InferenceRequest,
  RunContext,
  Stage,
  StageModel,
} from '@fovea/application';
import type { ResultOf } from '@fovea/contracts';
import { tensor, type Tensor, type Tensors } from '@fovea/tensor';
import { definitionConformance, shippedModels } from '@fovea/testing';
import { describe, expect, it } from 'vitest';
import { faces } from './faces.ts';
import { hands } from './hands.ts';
import { pose } from './pose.ts';

const picture: Image = { width: 416, height: 416, rgb: new Uint8Array(416 * 416 * 3) };

type Answer = (rows: number) => Tensors;

/** Runs a definition; hand-made outputs stand where a model's would. Says which models ran, and with how many rows. */
async function play(
  definition: AnyDefinition,
  params: Record<string, unknown>,
  { ids, answers }: { ids: Record<string, string>; answers: Record<string, Answer> },
) {
  const runs: [model: string, rows: number][] = [];
  const models = Object.fromEntries(
    Object.entries(ids).map(([role, id]) => {
      const row = shippedModels().find((model) => model.id === id);
      return [
        role,
        {
          ...row,
          classes: id.startsWith('nanodet') ? [{ index: 0, name: 'person' }] : [],
          tokens: [],
        } as unknown as StageModel,
      ];
    }),
  );
  const run = async ({ model, feeds }: InferenceRequest) => {
    const rows = (feeds['image'] as Tensor | undefined)?.dims[0] ?? 0;
    runs.push([model, rows]);
    return { outputs: (answers[model] as Answer)(rows) };
  };
  const context = {
    models,
    async stage<I, P, F, O>(
      stage: Stage<I, P, F, O>,
      input: I,
      own: P,
      { role = 'primary' } = {},
    ): Promise<O> {
      const model = models[role] as StageModel;
      const { feeds, frame } = await stage.preprocess(input, own, model);
      const { outputs } = await run({ model: model.id, feeds });
      return stage.postprocess(outputs, { frame, params: own, model });
    },
  } as unknown as RunContext;
  const checked = definition.params.parse(params) as Record<string, unknown>;
  const result = (await definition.run(context, { image: picture }, checked)) as ResultOf<'keypoints'>;
  return { result, runs };
}

/** So many boxes of 10 x 10 that share nothing; how sure each is, and the points of a palm or face. */
const boxes = (scores: readonly number[], points: readonly (readonly [x: number, y: number])[]): Tensors => {
  const at = scores.map((_, i) => [(i % 20) * 12, Math.floor(i / 20) * 12] as const);
  const n = scores.length;
  return {
    boxes: tensor('float32', [1, n, 4], Float32Array.from(at.flatMap(([x, y]) => [x, y, x + 10, y + 10]))),
    scores: tensor('float32', [1, n], Float32Array.from(scores)),
    labels: tensor('int64', [1, n], new BigInt64Array(n)),
    keypoints: tensor(
      'float32',
      [1, n, points.length, 2],
      Float32Array.from(at.flatMap(([x, y]) => points.flatMap(([dx, dy]) => [x + dx, y + dy]))),
    ),
  };
};
const numbers = (dims: number[], value: (i: number) => number) =>
  tensor(
    'float32',
    dims,
    Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => value(i)),
  );
const many = (count: number, score = 0.9): number[] => Array.from({ length: count }, () => score);

describe.each([pose, hands, faces])('$task', (definition) => {
  it('is a well-made definition', () => expect(definitionConformance(definition)).toEqual([]));
});

describe('pose', () => {
  const ids = { primary: 'movenet-thunder-coco17', detector: 'nanodet-g-coco80' };
  const people = (scores: readonly number[], joint = 0.5) => ({
    'nanodet-g-coco80': () => boxes(scores, []),
    'movenet-thunder-coco17': (rows: number) => ({
      keypoints: numbers([rows, 17, 3], (i) => (i % 3 === 2 ? joint : 100)),
    }),
  });

  it.each([
    ['accurate', 'movenet-thunder-coco17', true],
    ['fast', 'movenet-lightning-coco17', true],
    ['whole', 'movenet-multipose-coco17', false],
  ] as const)('mode %s is %s; a detector: %s', (mode, id, detector) => {
    const params = pose.params.parse({ mode });
    expect(pose.models.primary.defaultBy?.models[params.mode]).toBe(id);
    expect(pose.models.detector?.usedWhen?.(params, id)).toBe(detector);
  });
  it('does not look for poses where there is nobody', async () => {
    const { result, runs } = await play(pose, {}, { ids, answers: people([0.1, 0.19]) });
    expect(result).toEqual({ kind: 'keypoints', skeleton: 'coco17', items: [] });
    expect(runs).toEqual([['nanodet-g-coco80', 1]]);
  });
  it('looks at all people in one batch, but never at more than 20 at once', async () => {
    const few = await play(pose, {}, { ids, answers: people(many(7)) });
    expect(few.runs).toEqual([
      ['nanodet-g-coco80', 1],
      ['movenet-thunder-coco17', 7],
    ]);
    const crowd = await play(pose, { maxItems: 100 }, { ids, answers: people(many(130)) });
    expect(crowd.runs.slice(1).map(([, rows]) => rows)).toEqual([20, 20, 20, 20, 20]);
    expect(crowd.result.items).toHaveLength(100);
  });
  it('filters by the final score, and does not look at boxes that are below it already', async () => {
    const scores = [0.9, 0.7, 0.5, 0.3];
    const { result, runs } = await play(pose, { minScore: 0.4 }, { ids, answers: people(scores) });
    expect(runs[1]).toEqual(['movenet-thunder-coco17', 3]);
    expect(result.items.map(({ score }) => score.toFixed(2))).toEqual(['0.45']);
  });
  it('answers at most maxItems, best first', async () => {
    const { result } = await play(pose, { maxItems: 2 }, { ids, answers: people([0.5, 0.9, 0.7]) });
    expect(result.items.map(({ score }) => score.toFixed(2))).toEqual(['0.45', '0.35']);
  });
  it('runs MultiPose alone where it is chosen', async () => {
    const whole = 'movenet-multipose-coco17';
    const answer = () => ({
      poses: numbers([1, 6, 17, 3], () => 1),
      boxes: numbers([1, 6, 4], (i) => (i % 4) * 10),
      scores: numbers([1, 6], (i) => [0.19, 0.3, 0.2, 0, 0, 0.9][i] as number),
    });
    const { result, runs } = await play(
      pose,
      { nms: 1 },
      { ids: { primary: whole }, answers: { [whole]: answer } },
    );
    expect(runs).toEqual([[whole, 1]]);
    expect(result.items.map(({ score }) => score.toFixed(1))).toEqual(['0.9', '0.3', '0.2']);
  });
});

describe.each([
  {
    definition: hands,
    ids: { primary: 'hand-landmarks-21', detector: 'palm-detector-256' },
    points: 7,
    count: 21,
  },
  { definition: faces, ids: { primary: 'facemesh-468', detector: 'blazeface-back' }, points: 6, count: 468 },
])('$definition.task', ({ definition, ids, points, count }) => {
  const found = Array.from({ length: points }, (_, i) => [i, 0] as const);
  const answers = (scores: readonly number[], presence: (row: number) => number) => ({
    [ids.detector]: () => boxes(scores, found),
    [ids.primary]: (rows: number) => ({
      landmarks: numbers([rows, count, 3], (i) => (i % 7) * 20),
      presence: numbers([rows], presence),
      handedness: numbers([rows], () => 1),
    }),
  });

  it('runs the detector alone where it finds nothing', async () => {
    const { result, runs } = await play(definition, {}, { ids, answers: answers(many(9, 0.4), () => 1) });
    expect(result.items).toEqual([]);
    expect(runs).toEqual([[ids.detector, 1]]);
  });
  it('answers what is confirmed, in batches of at most 20, never looking at more than 100', async () => {
    const { result, runs } = await play(
      definition,
      { maxItems: 3 },
      { ids, answers: answers(many(250), (row) => (row % 2 === 0 ? 1 : 0.4)) },
    );
    expect(runs.slice(1).map(([, rows]) => rows)).toEqual([20, 20, 20, 20, 20]);
    expect(result.items).toHaveLength(3);
    expect(result.items[0]?.keypoints).toHaveLength(count);
  });
  it('answers what two boxes lead to once', async () => {
    const detector = (): Tensors => ({
      scores: tensor('float32', [1, 2], Float32Array.of(0.8, 0.9)),
      // They share 1/4 of their area, so the detector keeps both.
      boxes: tensor('float32', [1, 2, 4], Float32Array.of(100, 100, 110, 110, 106, 100, 116, 110)),
      keypoints: numbers([1, 2, points, 2], () => 0),
    });
    const landmarks = (rows: number): Tensors => ({
      ...(answers([], () => 1)[ids.primary] as Answer)(rows),
      // From far outside the crop at the top left to far outside at the bottom right: most of it is shared.
      landmarks: numbers([rows, count, 3], (i) => (Math.floor(i / 3) % 2 === 0 ? -200 : 400)),
    });
    const { result, runs } = await play(
      definition,
      {},
      { ids, answers: { [ids.detector]: detector, [ids.primary]: landmarks } },
    );
    expect(runs[1]).toEqual([ids.primary, 2]);
    expect(result.items.map(({ score }) => score.toFixed(1))).toEqual(['0.9']);
  });
});
