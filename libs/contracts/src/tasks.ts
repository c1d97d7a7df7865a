import type { ResultKind, ResultOf } from './results.ts';

/** Every task of Fovea and the one kind of result it has; a definition's `run` must return that kind. */
export const TASK_KINDS = {
  classification: 'labels',
  detection: 'boxes',
  segmentation: 'boxes',
  'semantic-segmentation': 'masks',
  pose: 'keypoints',
  hands: 'keypoints',
  faces: 'keypoints',
  embedding: 'vector',
  caption: 'text',
  vqa: 'text',
  stylize: 'image',
  tracking: 'tracks',
  action: 'labels',
  saliency: 'heatmap',
  activations: 'maps',
  'feature-visualization': 'image',
  'deep-dream': 'image',
  generate: 'image',
  keywords: 'audio-labels',
} as const satisfies Record<string, ResultKind>;

export type Task = keyof typeof TASK_KINDS;
export const TASKS = Object.keys(TASK_KINDS) as [Task, ...Task[]];
export type TaskResult<T extends Task> = ResultOf<(typeof TASK_KINDS)[T]>;

export const isTask = (name: string): name is Task => Object.hasOwn(TASK_KINDS, name);

export const MEDIA = ['image', 'audio', 'video'] as const;
export type Media = (typeof MEDIA)[number];
