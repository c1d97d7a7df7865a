import { RESULTS, type Result, type ResultOf } from '@fovea/contracts';
import { boxIntersection, encodeMask, polygonsToMask } from '@fovea/geometry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HALO } from './outline.ts';
import { itemsOf } from './items.ts';
import { toScene } from './scene.ts';
import type { Shape, TextShape } from './shapes.ts';
import { LIMBS } from './skeletons.ts';
import { toSvg } from './svg.ts';
import { textWidth } from './text-width.ts';
import { metrics, type View } from './view.ts';

const AWKWARD = [
  '',
  ' ',
  '<b>&"\'</b>',
  'חתול בית',
  'قطة',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '猫',
  '\u0000\ud800',
  'W'.repeat(300),
  'e\u0301'.repeat(40),
];
const label = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('cat', 'dog', 'person'),
);
const score = fc.double({ min: 0, max: 1, noNaN: true });
const coordinate = fc.oneof(fc.integer({ min: -300, max: 2500 }), fc.constantFrom(0, NaN, -1e9, 1e9, 0.25));
const side = fc.oneof(fc.integer({ min: 0, max: 2500 }), fc.constantFrom(0, NaN, 1e9));
const box = fc.record({ x: coordinate, y: coordinate, width: side, height: side });
const blob = fc.constant('0'.repeat(64));
const mask = fc.constantFrom(
  encodeMask(Uint8Array.of(0, 1, 1, 0), 2, 2),
  encodeMask(new Uint8Array(6), 3, 2),
  polygonsToMask([[10, 10, 900, 40, 500, 700]], { width: 1000, height: 800 }),
);
const status = fc.constantFrom('answered' as const, 'unsure' as const, 'premise-false' as const);
const answer = fc.record({
  question: label,
  text: label,
  score,
  status,
  alternatives: fc.constant<{ text: string; score: number }[]>([]),
});

const ANY: { [K in Result['kind']]: fc.Arbitrary<ResultOf<K>> } = {
  labels: fc.record({
    kind: fc.constant('labels'),
    labels: fc.array(fc.record({ label, classId: fc.nat(), score })),
  }),
  boxes: fc.record({
    kind: fc.constant('boxes'),
    items: fc.array(
      fc.record(
        { label, classId: fc.nat(90), score, box, mask, polygons: fc.array(fc.array(coordinate)) },
        { requiredKeys: ['label', 'classId', 'score', 'box'] },
      ),
    ),
  }),
  masks: fc.record({
    kind: fc.constant('masks'),
    classes: fc.array(fc.record({ classId: fc.nat(), label, fraction: score })),
    map: fc.record({ blob }),
  }),
  keypoints: fc.record({
    kind: fc.constant('keypoints'),
    skeleton: fc.constantFrom('coco17', 'hand21', 'face468'),
    items: fc.array(
      fc.record({
        score,
        box,
        keypoints: fc.array(fc.record({ name: label, x: coordinate, y: coordinate, score }), {
          maxLength: 30,
        }),
      }),
    ),
  }),
  image: fc.record({
    kind: fc.constant('image'),
    blob,
    width: fc.constant(3),
    height: fc.constant(4),
    mime: label,
  }),
  text: fc.record(
    {
      kind: fc.constant('text'),
      text: label,
      score,
      status,
      alternatives: fc.constant([]),
      answers: fc.array(answer),
    },
    { requiredKeys: ['kind', 'text', 'score', 'status', 'alternatives'] },
  ),
  matches: fc.constant({ kind: 'matches', items: [], cutoff: null }),
  tracks: fc.record({
    kind: fc.constant('tracks'),
    frame: fc.nat(),
    timeMs: fc.nat(),
    items: fc.array(
      fc.record({
        trackId: fc.nat(),
        label,
        score,
        box,
        state: fc.constantFrom('tentative', 'confirmed', 'lost'),
        ageFrames: fc.nat(),
      }),
    ),
    counts: fc.constant({}),
    events: fc.constant([]),
  }),
  heatmap: fc.record({
    kind: fc.constant('heatmap'),
    blob,
    method: label,
    target: fc.record({ label, score }),
  }),
  vector: fc.constant({ kind: 'vector', space: 'visual', values: [1, 2] }),
  maps: fc.constant({ kind: 'maps', layer: 'a', shape: [1], tiles: [] }),
  'audio-labels': fc.record({
    kind: fc.constant('audio-labels'),
    labels: fc.array(fc.record({ label, score })),
  }),
};
const length = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(1, 16, 20, 4000));
const view: fc.Arbitrary<View> = fc.record(
  {
    width: length,
    height: length,
    scale: fc.double({ min: 0.02, max: 30, noNaN: true }),
    minScore: score,
    hiddenLabels: fc.constant(new Set(['dog'])),
    highlighted: fc.nat(5),
    theme: fc.constantFrom('dark' as const, 'light' as const),
  },
  { requiredKeys: ['width', 'height'] },
);

/** The extent of a shape: of rectangles and circles with their lines. */
function extent(shape: Shape): { xs: number[]; ys: number[] } {
  switch (shape.type) {
    case 'rect': {
      const reach = shape.stroke ? (shape.stroke.width * (shape.stroke.halo ? HALO : 1)) / 2 : 0;
      return {
        xs: [shape.x - reach, shape.x + shape.width + reach],
        ys: [shape.y - reach, shape.y + shape.height + reach],
      };
    }
    case 'polygon':
      return {
        xs: shape.rings.flatMap((ring) => ring.filter((_, i) => i % 2 === 0)),
        ys: shape.rings.flatMap((ring) => ring.filter((_, i) => i % 2 === 1)),
      };
    case 'line':
      return { xs: [shape.x1, shape.x2], ys: [shape.y1, shape.y2] };
    case 'circle':
      return {
        xs: [shape.x - shape.radius, shape.x + shape.radius],
        ys: [shape.y - shape.radius, shape.y + shape.radius],
      };
    case 'text': {
      const left = shape.x - shape.width * { left: 0, middle: 0.5, right: 1 }[shape.anchor ?? 'left'];
      const plate = shape.plate ?? { x: left, y: shape.y, width: 0, height: 0 };
      return {
        xs: [left, left + shape.width, plate.x, plate.x + plate.width],
        ys: [shape.y - shape.fontSize * 0.8, shape.y, plate.y, plate.y + plate.height],
      };
    }
  }
}
const plates = (shapes: readonly Shape[]) =>
  shapes.filter((shape): shape is TextShape => shape.type === 'text' && shape.plate !== undefined);

describe.each(['boxes', 'keypoints', 'masks', 'tracks'] as const)('itemsOf %s', (kind) => {
  it('knows every shape by its index and label', () => {
    fc.assert(
      fc.property(ANY[kind] as fc.Arbitrary<Result>, view, (result, each) => {
        const items = itemsOf(result);
        const linked = toScene(result, each).filter(({ item }) => item !== undefined);
        expect(linked.map(({ label }) => label)).toEqual(linked.map(({ item }) => items[item!]!.label));
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(Object.keys(RESULTS) as Result['kind'][])('toScene of %s', (kind) => {
  const arbitrary: fc.Arbitrary<Result> = ANY[kind];
  it('keeps every shape in the picture, without NaN, for any result, label and size', () => {
    fc.assert(
      fc.property(arbitrary, view, (result, each) => {
        const shapes = toScene(result, each);
        const slack = 1e-6 * Math.max(each.width, each.height);
        const isWithin = (values: number[], max: number) =>
          values.every((value) => value >= -slack && value <= max + slack);
        const outside = shapes.filter((shape) => {
          const { xs, ys } = extent(shape);
          return !isWithin(xs, each.width) || !isWithin(ys, each.height);
        });
        expect(outside).toEqual([]);
        expect(toSvg(shapes, each)).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 100 },
    );
  });
  it('draws no plate over another', () => {
    fc.assert(
      fc.property(arbitrary, view, (result, each) => {
        const placed = plates(toScene(result, each)).map(({ plate }) => plate!);
        const pairs = placed.flatMap((a, i) => placed.slice(i + 1).map((b) => [a, b] as const));
        expect(pairs.filter(([a, b]) => boxIntersection(a, b))).toEqual([]);
      }),
    );
  });
  it('gives the same scene again, and does not touch the result', () => {
    fc.assert(
      fc.property(arbitrary, view, (result, each) => {
        const before = structuredClone(result);
        expect(toScene(result, each)).toEqual(toScene(result, each));
        expect(result).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });
});

describe('toScene', () => {
  it.each([
    [0, 5],
    [5, 0],
    [NaN, 5],
    [-1, 5],
  ])('refuses a view of %s x %s', (width, height) => {
    expect(() => toScene({ kind: 'labels', labels: [] }, { width, height })).toThrow(RangeError);
  });
  it('refuses a scale that is not positive', () => {
    expect(() => toScene({ kind: 'labels', labels: [] }, { width: 9, height: 9, scale: 0 })).toThrow(
      RangeError,
    );
  });
  it('names an unknown kind', () => {
    expect(() => toScene({ kind: 'smell' } as never, { width: 9, height: 9 })).toThrow('smell');
  });
});

describe('sizes', () => {
  it('grow with the picture, and are the same on screen where the scale is known', () => {
    expect(metrics({ width: 640, height: 480 }).fontSize).toBeCloseTo(15.5, 1);
    expect(metrics({ width: 4000, height: 3000 }).fontSize).toBeCloseTo(97, 0);
    expect(metrics({ width: 320, height: 240 }).fontSize).toBe(10);
    expect(metrics({ width: 4000, height: 3000, scale: 0.2 }).fontSize).toBe(65);
  });
});

describe('labels', () => {
  const labels = ['Egyptian cat', 'tabby', 'tiger cat', 'lynx', 'Persian cat'].map((name, classId) => ({
    label: name,
    classId,
    score: 0.5 / (classId + 1),
  }));
  const result: Result = { kind: 'labels', labels };
  const texts = (shapes: readonly Shape[]) =>
    shapes.flatMap((shape) => (shape.type === 'text' ? [shape.text] : []));

  it('lists names and scores in the bottom left corner', () => {
    const [panel, ...rest] = toScene(result, { width: 640, height: 480 });
    expect(panel).toMatchObject({ type: 'rect' });
    expect((panel as { x: number }).x).toBeLessThan(20);
    expect(texts(rest)).toEqual([
      'Egyptian cat',
      '50 %',
      'tabby',
      '25 %',
      'tiger cat',
      '17 %',
      'lynx',
      '13 %',
      'Persian cat',
      '10 %',
    ]);
  });
  it('has bars as long as the scores', () => {
    const bars = toScene(result, { width: 640, height: 480 }).flatMap((shape) =>
      shape.type === 'rect' && shape.item !== undefined ? [shape] : [],
    );
    const [track, first, , second] = bars;
    expect(first!.width / track!.width).toBeCloseTo(0.5);
    expect(second!.width / track!.width).toBeCloseTo(0.25);
  });
  it.each([
    [16, 16],
    [2000, 100],
    [100, 2000],
    [320, 16],
    [16, 320],
    [1, 1],
  ])('names the best on a picture of %i x %i', (width, height) => {
    const shapes = toScene(result, { width, height });
    const [best] = shapes.filter((shape): shape is TextShape => shape.type === 'text');
    expect(best!.text).toMatch(/^Egy/);
    expect(best!.fontSize).toBeGreaterThanOrEqual(Math.min(width / 8, height / 2.5, 10));
  });
  it('leaves out what is hidden or below the score', () => {
    const shapes = toScene(result, {
      width: 640,
      height: 480,
      hiddenLabels: new Set(['tabby']),
      minScore: 0.15,
    });
    expect(texts(shapes)).toEqual(['Egyptian cat', '50 %', 'tiger cat', '17 %']);
  });
  it('of nothing draws nothing', () => {
    expect(toScene({ kind: 'labels', labels: [] }, { width: 640, height: 480 })).toEqual([]);
  });
  it('writes very small scores as such', () => {
    const tiny: Result = {
      kind: 'labels',
      labels: [
        { label: 'a', classId: 0, score: 0.0002 },
        { label: 'b', classId: 1, score: 0 },
      ],
    };
    expect(texts(toScene(tiny, { width: 640, height: 480 }))).toEqual(['a', '< 0.1 %', 'b', '0 %']);
  });
});

describe('boxes', () => {
  const item = (name: string, x: number, y = 100) => ({
    label: name,
    classId: 1,
    score: 0.9,
    box: { x, y, width: 80, height: 60 },
  });
  const picture = { width: 640, height: 480 };

  it('names each of several boxes in the same place, where there is room', () => {
    const shapes = toScene(
      { kind: 'boxes', items: [item('cat', 200), item('dog', 200), item('fox', 200)] },
      picture,
    );
    expect(plates(shapes).map((shape) => shape.text)).toEqual(['cat 90 %', 'dog 90 %', 'fox 90 %']);
  });
  it('puts the name above the box, or inside at the upper edge', () => {
    const [above] = plates(toScene({ kind: 'boxes', items: [item('cat', 200, 100)] }, picture));
    expect(above!.plate!.y + above!.plate!.height).toBeCloseTo(100);
    const [pushed] = plates(toScene({ kind: 'boxes', items: [item('cat', 200, 0)] }, picture));
    expect(pushed!.plate!.y).toBeGreaterThanOrEqual(0);
    expect(pushed!.plate!.y).toBeLessThan(20);
  });
  it('leaves out names in a crowd, the highlighted never', () => {
    const crowd: Result = { kind: 'boxes', items: Array.from({ length: 60 }, () => item('cat', 200)) };
    expect(plates(toScene(crowd, picture)).length).toBeLessThan(60);
    expect(plates(toScene(crowd, { ...picture, highlighted: 59 })).map((shape) => shape.item)).toContain(59);
  });
  it('keeps the names where they are while another item is pointed at', () => {
    const items = [item('cat', 100), item('dog', 300), item('fox', 500), item('owl', 100, 300)];
    const placesOf = (view: View) =>
      new Map(plates(toScene({ kind: 'boxes', items }, view)).map((shape) => [shape.item, shape.plate]));
    const before = placesOf(picture);
    for (const highlighted of [0, 1, 2, 3]) expect(placesOf({ ...picture, highlighted })).toEqual(before);
  });
  it('leaves the picture to be seen with 200 objects: names cover a small part of it', () => {
    const many: Result = {
      kind: 'boxes',
      items: Array.from({ length: 200 }, (_, i) => ({
        ...item('person', (i % 20) * 30, Math.floor(i / 20) * 45),
        score: 1 - i / 250,
      })),
    };
    const shapes = plates(toScene(many, picture));
    const covered = shapes.reduce((sum, { plate }) => sum + plate!.width * plate!.height, 0);
    expect(covered / (picture.width * picture.height)).toBeLessThan(0.15);
    expect(shapes.length).toBeGreaterThan(5);
    expect(Math.max(...shapes.map((shape) => shape.item!))).toBeLessThan(100); // the sure ones have names
  });
  it('draws small things with thin lines', () => {
    const small = { ...item('cat', 10), box: { x: 10, y: 10, width: 8, height: 8 } };
    const [thin, thick] = [small, item('cat', 10)].map((each) => {
      const [frame] = toScene({ kind: 'boxes', items: [each] }, picture);
      return frame!.type === 'rect' ? frame!.stroke!.width : NaN;
    });
    expect(thin).toBeLessThan(thick!);
  });
  it('draws masks below frames and fades all but the highlighted', () => {
    const masked = { ...item('cat', 200), mask: polygonsToMask([[210, 110, 270, 110, 240, 150]], picture) };
    const shapes = toScene(
      { kind: 'boxes', items: [item('dog', 20), masked] },
      { ...picture, highlighted: 1 },
    );
    expect(shapes.map((shape) => shape.type)).toEqual(['polygon', 'rect', 'rect', 'text', 'text']);
    const opacities = shapes.map((shape) => [shape.item, shape.opacity]);
    expect(new Set(opacities.filter(([index]) => index === 1).map(([, opacity]) => opacity))).toEqual(
      new Set([1]),
    );
    expect(new Set(opacities.filter(([index]) => index === 0).map(([, opacity]) => opacity))).toEqual(
      new Set([0.3]),
    );
  });
  it('skips boxes outside the picture and boxes that are none', () => {
    const items = [
      item('cat', 700),
      item('cat', -90),
      { ...item('cat', 0), box: { x: NaN, y: 0, width: 1, height: 1 } },
    ];
    expect(toScene({ kind: 'boxes', items }, picture)).toEqual([]);
  });
});

describe('keypoints', () => {
  const point = (name: string, x: number, keypointScore = 0.9) => ({ name, x, y: 50, score: keypointScore });
  const person = (keypoints: ReturnType<typeof point>[]): Result => ({
    kind: 'keypoints',
    skeleton: 'coco17',
    items: [{ score: 0.9, box: { x: 0, y: 0, width: 100, height: 100 }, keypoints }],
  });
  it('joins the points that it sees', () => {
    const shapes = toScene(person([point('nose', 50), point('left_eye', 60), point('right_eye', 40, 0.1)]), {
      width: 100,
      height: 100,
    });
    expect(shapes.map((shape) => shape.type)).toEqual(['line', 'circle', 'circle']);
  });
  it('numbers people where there are several, as lists do', () => {
    const people = person([point('nose', 50)]) as ResultOf<'keypoints'>;
    const view = { width: 400, height: 400 };
    expect(plates(toScene(people, view))).toEqual([]);
    const two = { ...people, items: [...people.items, ...people.items] };
    expect(plates(toScene(two, view)).map((shape) => shape.text)).toEqual(['1', '2']);
  });
  it('draws the contours of a face as lines, its other points faintly', () => {
    const keypoints = Array.from({ length: 468 }, (_, i) => ({
      name: `p${i}`,
      x: 20 + (i % 22) * 3,
      y: 20 + Math.floor(i / 22) * 3,
      score: 1,
    }));
    const face: Result = {
      kind: 'keypoints',
      skeleton: 'face468',
      items: [{ score: 0.9, box: { x: 20, y: 20, width: 66, height: 66 }, keypoints }],
    };
    const shapes = toScene(face, { width: 100, height: 100 });
    expect(shapes.filter(({ type }) => type === 'line')).toHaveLength(LIMBS.face468.length);
    const points = shapes.filter(({ type }) => type === 'circle');
    expect(points).toHaveLength(468 - new Set(LIMBS.face468.flat()).size);
    expect(Math.max(...points.map(({ opacity }) => opacity ?? 1))).toBeLessThan(0.7);
  });
  it('tells left from right by colour', () => {
    const shapes = toScene(person([point('nose', 50), point('left_eye', 60), point('right_eye', 40)]), {
      width: 100,
      height: 100,
    });
    const fills = shapes.flatMap((shape) => (shape.type === 'circle' ? [shape.fill] : []));
    expect(new Set(fills).size).toBe(3);
  });
});

describe('text', () => {
  it('wraps a caption along the lower edge', () => {
    const caption = 'a house with a red roof stands beside a road under a blue sky';
    const shapes = toScene(
      { kind: 'text', text: caption, score: 1, status: 'answered', alternatives: [] },
      { width: 320, height: 240 },
    );
    const lines = shapes.filter((shape): shape is TextShape => shape.type === 'text');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((line) => line.text).join(' ')).toBe(caption);
    expect(lines.every((line) => line.width === textWidth(line.text, line.fontSize))).toBe(true);
  });
});
