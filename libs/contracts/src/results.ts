import { z } from 'zod';

// The closed union of results (docs/api.md): coordinates in pixels of the picture as a person sees it.

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');
const Score = z.number().min(0).max(1);
export const Box = z
  .object({ x: z.number(), y: z.number(), width: z.number().min(0), height: z.number().min(0) })
  .meta({ id: 'Box', description: 'pixels; x, y = top left corner' });
export type Box = z.infer<typeof Box>;

export const Label = z.object({
  label: z.string(),
  classId: z.int().min(0).describe('index in the model’s label file'),
  wnid: z.string().optional().describe('WordNet id'),
  score: Score,
});
export type Label = z.infer<typeof Label>;
export const LabelsResult = z
  .object({ kind: z.literal('labels'), labels: z.array(Label) })
  .meta({ id: 'LabelsResult' });

export const Rle = z
  .object({ size: z.tuple([z.int().min(0), z.int().min(0)]), counts: z.string() })
  .meta({ id: 'Rle', description: 'COCO compressed run-length encoding; size = [height, width]' });
export type Rle = z.infer<typeof Rle>;

export const BoxItem = z.object({
  label: z.string(),
  classId: z.int().min(0),
  score: Score,
  box: Box,
  mask: Rle.optional(),
  polygons: z.array(z.array(z.number())).optional(),
});
export const BoxesResult = z
  .object({ kind: z.literal('boxes'), items: z.array(BoxItem) })
  .meta({ id: 'BoxesResult' });

export const MasksResult = z
  .object({
    kind: z.literal('masks'),
    classes: z.array(z.object({ classId: z.int().min(0), label: z.string(), fraction: Score })),
    map: z.object({ blob: Sha256 }).describe('8-bit PNG, pixel = class id, original size'),
  })
  .meta({ id: 'MasksResult' });

export const KeypointsResult = z
  .object({
    kind: z.literal('keypoints'),
    skeleton: z.enum(['coco17', 'hand21', 'face468']),
    items: z.array(
      z.object({
        score: Score,
        box: Box,
        handedness: z.enum(['left', 'right']).optional(),
        keypoints: z.array(
          z.object({
            name: z.string(),
            x: z.number(),
            y: z.number(),
            z: z.number().optional(),
            score: Score,
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'KeypointsResult' });

type Skeleton = z.infer<typeof KeypointsResult>['skeleton'];
/** What a thing with that skeleton is called: its label wherever it is searched, drawn or exported. */
export const SKELETON_LABELS: Readonly<Record<Skeleton, string>> = {
  coco17: 'person',
  hand21: 'hand',
  face468: 'face',
};
/** Keypoints below it are guesses about what is hidden. */
export const MIN_KEYPOINT_SCORE = 0.2;

export const ImageResult = z
  .object({
    kind: z.literal('image'),
    blob: Sha256,
    width: z.int().min(1),
    height: z.int().min(1),
    mime: z.string(),
  })
  .meta({ id: 'ImageResult' });

const AnswerStatus = z.enum(['answered', 'unsure', 'premise-false']);
export type AnswerStatus = z.infer<typeof AnswerStatus>;
const ScoredText = z.object({ text: z.string(), score: Score });
export const Answer = z.object({
  question: z.string(),
  text: z.string().describe('what is said: the answer, that it is not known, or that the thing is not seen'),
  score: Score.describe('of the likeliest answer, or of the thing being there where the premise is false'),
  status: AnswerStatus,
  alternatives: z.array(ScoredText).describe('answers by their probability, the likeliest first'),
  premise: z
    .object({ thing: z.string(), present: z.boolean(), score: Score })
    .optional()
    .describe('what the question takes for granted, and how sure it is that it is there'),
});
export type Answer = z.infer<typeof Answer>;
export const TextResult = z
  .object({
    kind: z.literal('text'),
    text: z.string(),
    score: Score.describe('a caption’s: exp of its mean log-probability; an answer’s: its probability'),
    status: AnswerStatus,
    alternatives: z.array(ScoredText),
    answers: z
      .array(Answer)
      .optional()
      .describe('of every question, in order; the first is the result’s own'),
    tokens: z.array(ScoredText).optional().describe('words of a caption with their probabilities'),
  })
  .meta({ id: 'TextResult' });

export const MatchesResult = z
  .object({
    kind: z.literal('matches'),
    items: z.array(
      z.object({
        itemId: z.string(),
        name: z.string().nullable().optional(),
        score: z.number().min(-1).max(1),
        blob: Sha256.nullable(),
        metadata: z.record(z.string(), z.unknown()),
      }),
    ),
    cutoff: z.number().min(-1).max(1).nullable(),
  })
  .meta({ id: 'MatchesResult' });

export const TracksResult = z
  .object({
    kind: z.literal('tracks'),
    frame: z.int().min(0),
    timeMs: z.number().min(0),
    items: z.array(
      z.object({
        trackId: z.int().min(0),
        label: z.string(),
        score: Score,
        box: Box,
        state: z.enum(['tentative', 'confirmed', 'lost']),
        ageFrames: z.int().min(0),
      }),
    ),
    counts: z.record(z.string(), z.number()),
    events: z.array(z.object({ type: z.string(), trackId: z.int().min(0), name: z.string().optional() })),
  })
  .meta({ id: 'TracksResult' });

export const HeatmapResult = z
  .object({
    kind: z.literal('heatmap'),
    blob: Sha256.describe('8-bit grey PNG'),
    method: z.string(),
    target: z.object({ label: z.string(), score: Score }),
  })
  .meta({ id: 'HeatmapResult' });

export const VectorResult = z
  .object({ kind: z.literal('vector'), space: z.string(), values: z.array(z.number()) })
  .meta({ id: 'VectorResult' });

export const MapsResult = z
  .object({
    kind: z.literal('maps'),
    layer: z.string(),
    shape: z.array(z.int().min(0)),
    tiles: z.array(z.object({ index: z.int().min(0), blob: Sha256 })),
  })
  .meta({ id: 'MapsResult' });

export const AudioLabelsResult = z
  .object({
    kind: z.literal('audio-labels'),
    labels: z.array(z.object({ label: z.string(), score: Score })),
    segments: z
      .array(z.object({ startMs: z.number(), endMs: z.number(), label: z.string(), score: Score }))
      .optional(),
    spectrogram: z.object({ blob: Sha256 }).optional(),
  })
  .meta({ id: 'AudioLabelsResult' });

/** The result schema of every kind. */
export const RESULTS = {
  labels: LabelsResult,
  boxes: BoxesResult,
  masks: MasksResult,
  keypoints: KeypointsResult,
  image: ImageResult,
  text: TextResult,
  matches: MatchesResult,
  tracks: TracksResult,
  heatmap: HeatmapResult,
  vector: VectorResult,
  maps: MapsResult,
  'audio-labels': AudioLabelsResult,
} as const;
export type ResultKind = keyof typeof RESULTS;
export type ResultOf<K extends ResultKind> = z.infer<(typeof RESULTS)[K]>;

export const Result = z.discriminatedUnion('kind', [
  LabelsResult,
  BoxesResult,
  MasksResult,
  KeypointsResult,
  ImageResult,
  TextResult,
  MatchesResult,
  TracksResult,
  HeatmapResult,
  VectorResult,
  MapsResult,
  AudioLabelsResult,
]);
export type Result = z.infer<typeof Result>;
