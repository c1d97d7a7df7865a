export { Blobs, type ThumbSize } from './blobs.ts';
export { ConnectionError, ServerError, type ConnectionFailure } from './errors.ts';
export { Evaluations, type EvaluationFilter, type EvaluationOptions } from './evaluations.ts';
export { Fovea, type BatchOptions, type FoveaOptions, type Params, type RunOptions } from './fovea.ts';
export { primaryName, type InputBytes, type NamedInputs, type OneInput, type RunInputs } from './inputs.ts';
export { Jobs, type JobFilter, type JobOptions, type WaitOptions } from './jobs.ts';
export { Models } from './models.ts';
export { Runs, type RunFilter } from './runs.ts';
export { FoveaSocket, type SocketRunOptions } from './socket.ts';
