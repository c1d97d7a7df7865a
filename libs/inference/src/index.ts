export { createInference } from './inference.ts';
export { parseLabels } from './labels.ts';
export type {
  AddModel,
  Binding,
  HostStats,
  Inference,
  InferenceEvents,
  InferenceOptions,
  InferenceStats,
  Log,
  PullOptions,
  PullProgress,
  Verification,
} from './types.ts';
