export { createInference } from './inference.ts';
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
