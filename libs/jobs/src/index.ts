export { Jobs, type JobsOptions, type Submission } from './jobs.ts';
export type { JobsLog } from './log.ts';
export { PostgresQueue, type EntryState, type JobQueue, type QueueDatabase } from './queue.ts';
export type { JobEnd, JobStore, NewJob, OwnedJob } from './store.ts';
export type { JobEvent, JobListener } from './watchers.ts';
