import type { Image, StageModel } from '@fovea/application';
import { imagePoint, modelPoint, toImage, toModel } from '@fovea/geometry';
import { cropRotated } from '@fovea/imaging';
import { tensor, type Tensor } from '@fovea/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faceBoxes } from '../face-boxes/face-boxes.ts';
import { faceCrop } from '../face-mesh/face-mesh.ts';
import { handCrop, handLandmarks } from '../hand-landmarks/hand-landmarks.ts';
import type { KeypointItem } from '../keypoints/keypoints.ts';
import { palms } from '../palms/palms.ts';
import type { Part } from './part-detector.ts';

const SIDE = 64;
const modelOf = (outputs: readonly string[], names: readonly string[] = []): StageModel =>
  ({
    id: 'tiny',
    classes: names.map((name, index) => ({ index, name })),
    inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', SIDE, SIDE, 3] }],
    outputs: outputs.map((name) => ({ name })),
  }) as unknown as StageModel;
const picture: Image = { width: 128, height: 64, rgb: new Uint8Array(128 * 64 * 3).fill(120) };

describe('palms and faceBoxes', () => {
  const model = modelOf(['boxes', 'scores', 'keypoints']);
  type Anchor = readonly [score: number, x1: number, y1: number, x2: number, y2: number];
  async function found(anchors: readonly Anchor[], maxItems = 100): Promise<Part[]> {
    const { feeds, frame } = await palms.preprocess(picture, { maxItems }, model);
    expect((feeds['image'] as Tensor<'uint8'>).dims).toEqual([1, SIDE, SIDE, 3]);
    const n = anchors.length;
    const outputs = {
      scores: tensor('float32', [1, n], Float32Array.from(anchors.map(([score]) => score))),
      boxes: tensor('float32', [1, n, 4], Float32Array.from(anchors.flatMap(([, ...box]) => box))),
      keypoints: tensor('float32', [1, n, 7, 2], new Float32Array(n * 14).fill(32)),
    };
    return (await palms.postprocess(outputs, { frame, params: { maxItems }, model })) as Part[];
  }

  it('leads boxes and points out of the letterbox (scale 1/2, 16 px above)', async () => {
    const [palm] = await found([[0.9, 10, 20, 30, 40]]);
    expect(palm?.box).toEqual({ x: 20, y: 8, width: 40, height: 40 });
    expect(palm?.points).toEqual(Array.from({ length: 7 }, () => imagePoint(64, 32)));
  });
  it('takes only what is surer than the card says, best first, the lower anchor of equals', async () => {
    const anchors: Anchor[] = [
      [0.5, 0, 16, 4, 20],
      [0.6, 10, 16, 14, 20],
      [0.9, 20, 16, 24, 20],
      [0.6, 30, 16, 34, 20],
      [NaN, 40, 16, 44, 20],
    ];
    expect((await found(anchors)).map(({ box }) => box.x)).toEqual([40, 20, 60]);
    expect(await found(anchors, 1)).toHaveLength(1);
  });
  it('drops what shares more than 0.3 with a better one', async () => {
    // 10 x 10 boxes moved by 5 share 1/3; by 6 they share 1/4.
    expect(
      await found([
        [0.9, 0, 20, 10, 30],
        [0.8, 5, 20, 15, 30],
      ]),
    ).toHaveLength(1);
    expect(
      await found([
        [0.9, 0, 20, 10, 30],
        [0.8, 6, 20, 16, 30],
      ]),
    ).toHaveLength(2);
  });
  it('drops boxes of no area or no number', async () =>
    expect(
      await found([
        [0.9, 5, 20, 5, 30],
        [0.9, NaN, 20, 15, 30],
      ]),
    ).toEqual([]));
  it('finds nothing where nothing is', async () => expect(await found([[0, 0, 0, 9, 9]])).toEqual([]));
  it('wants faces surer than palms', () => {
    const outputs = {
      scores: tensor('float32', [1, 2], Float32Array.of(0.59, 0.61)),
      boxes: tensor('float32', [1, 2, 4], Float32Array.of(0, 0, 9, 9, 20, 20, 29, 29)),
      keypoints: tensor('float32', [1, 2, 6, 2], new Float32Array(24)),
    };
    const frame = {
      scaleX: 1,
      scaleY: 1,
      offsetX: 0,
      offsetY: 0,
      sourceWidth: 64,
      sourceHeight: 64,
      targetWidth: 64,
      targetHeight: 64,
    };
    const faces = faceBoxes.postprocess(outputs, { frame, params: { maxItems: 9 }, model }) as Part[];
    expect(faces.map(({ box }) => box.x)).toEqual([20]);
  });
});

const partWith = (
  points: readonly (readonly [number, number])[],
  box = { x: 40, y: 20, width: 20, height: 10 },
): Part => ({
  score: 0.8,
  box,
  points: points.map(([x, y]) => imagePoint(x, y)),
});
const palmAlong = (dx: number, dy: number): Part =>
  partWith([
    [50, 25],
    [0, 0],
    [50 + dx, 25 + dy],
  ]);
const direction = fc
  .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 }))
  .filter(([dx, dy]) => Math.hypot(dx, dy) > 2);

describe('handCrop', () => {
  it.each([
    ['up', 0, -10, 0, [50, 20]],
    ['to the right', 10, 0, Math.PI / 2, [55, 25]],
    ['to the left', -10, 0, -Math.PI / 2, [45, 25]],
    ['down', 0, 10, Math.PI, [50, 30]],
    ['nowhere', 0, 0, 0, [50, 20]],
  ] as const)('fingers that point %s', (_way, dx, dy, angleRad, centre) => {
    const crop = handCrop(palmAlong(dx, dy));
    expect(crop.angleRad).toBeCloseTo(angleRad, 9);
    expect([crop.centreX, crop.centreY]).toEqual([
      expect.closeTo(centre[0], 9),
      expect.closeTo(centre[1], 9),
    ]);
    expect([crop.width, crop.height]).toEqual([52, 52]);
  });
  it('turns the middle finger straight above the wrist, whichever way the hand points', async () => {
    await fc.assert(
      fc.asyncProperty(direction, async ([dx, dy]) => {
        const part = palmAlong(dx, dy);
        const { frame } = await cropRotated(picture, handCrop(part), { width: SIDE, height: SIDE });
        const [wrist, , middle] = part.points.map((point) => toModel(frame, point));
        expect(middle?.x).toBeCloseTo(wrist?.x ?? NaN, 6);
        expect(middle?.y).toBeLessThan(wrist?.y ?? NaN);
      }),
      { numRuns: 30 },
    );
  });
});

describe('faceCrop', () => {
  it('puts the eyes level, the right one to the left, whichever way the head is turned', async () => {
    await fc.assert(
      fc.asyncProperty(direction, async ([dx, dy]) => {
        const part = partWith([
          [50, 25],
          [50 + dx, 25 + dy],
        ]);
        const { frame } = await cropRotated(picture, faceCrop(part), { width: SIDE, height: SIDE });
        const [right, left] = part.points.map((point) => toModel(frame, point));
        expect(left?.y).toBeCloseTo(right?.y ?? NaN, 6);
        expect(left?.x).toBeGreaterThan(right?.x ?? NaN);
      }),
      { numRuns: 30 },
    );
  });
  it('is one and a half times the longer side, about the centre', () =>
    expect(
      faceCrop(
        partWith([
          [45, 25],
          [55, 25],
        ]),
      ),
    ).toEqual({ centreX: 50, centreY: 25, width: 30, height: 30, angleRad: 0 }));
});

describe('handLandmarks', () => {
  const names = Array.from({ length: 21 }, (_, i) => `point-of-hand-${i}`);
  const model = modelOf(['landmarks', 'presence', 'handedness'], names);
  const upright = (x: number): Part =>
    partWith(
      [
        [x + 10, 25],
        [0, 0],
        [x + 10, 15],
      ],
      { x, y: 20, width: 20, height: 10 },
    );
  async function handsOf(
    parts: readonly Part[],
    rows: readonly { presence: number; right?: number; at?: number[] }[],
  ) {
    const { feeds, frame } = await handLandmarks.preprocess({ picture, parts }, {}, model);
    expect((feeds['image'] as Tensor<'uint8'>).dims[0]).toBe(parts.length);
    // A spread of points, so that there is a box: the first in the corner, the others where the row says.
    const landmarks = rows.flatMap(({ at = [SIDE / 2, SIDE / 2, 3] }) =>
      Array.from({ length: 21 }, (_, i) => (i === 0 ? [16, 16, 0] : at)).flat(),
    );
    const outputs = {
      landmarks: tensor('float32', [rows.length, 21, 3], Float32Array.from(landmarks)),
      presence: tensor('float32', [rows.length], Float32Array.from(rows.map(({ presence }) => presence))),
      handedness: tensor('float32', [rows.length], Float32Array.from(rows.map(({ right = 1 }) => right))),
    };
    return {
      frame,
      items: (await handLandmarks.postprocess(outputs, { frame, params: {}, model })) as KeypointItem[],
    };
  }

  it('confirms from a presence of 0.5 on; each item keeps its own row', async () => {
    const parts = [upright(10), upright(40), upright(70)];
    const { frame, items } = await handsOf(parts, [
      { presence: 0.49 },
      { presence: 0.5, right: 0.2 },
      { presence: 0.75, right: 0.8 },
    ]);
    expect(items.map(({ handedness }) => handedness)).toEqual(['left', 'right']);
    expect(items.map(({ score }) => score)).toEqual([0.4, expect.closeTo(0.6, 6)]);
    const middle = toImage(frame[2]!.frame, modelPoint(SIDE / 2, SIDE / 2));
    expect(items[1]?.keypoints[9]).toMatchObject({
      name: 'point-of-hand-9',
      score: 0.75,
      x: middle.x,
      y: middle.y,
    });
  });
  it('measures depth in pixels of the picture', async () => {
    const { items } = await handsOf([upright(40)], [{ presence: 1 }]);
    expect(items[0]?.keypoints[5]?.z).toBeCloseTo((3 * 52) / SIDE, 5);
  });
  it('clips the box and keeps the points where they are', async () => {
    const { items } = await handsOf([upright(100)], [{ presence: 1, at: [SIDE, SIDE / 2, 0] }]);
    const [hand] = items;
    expect((hand?.box.x ?? 0) + (hand?.box.width ?? 0)).toBe(128);
    expect(hand?.keypoints[1]?.x).toBeCloseTo(110 + 26, 4);
  });
  it('leaves out a hand that lies wholly outside', async () => {
    const away = partWith(
      [
        [500, 25],
        [0, 0],
        [500, 15],
      ],
      { x: 490, y: 20, width: 20, height: 10 },
    );
    expect((await handsOf([away], [{ presence: 1 }])).items).toEqual([]);
  });
});
