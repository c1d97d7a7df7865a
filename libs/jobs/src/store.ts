import type { Job, JobKind, JobPage, JobProgress, JobQuery, JobState, Problem, Task } from '@fovea/contracts';

/** A job to be kept. */
export interface NewJob {
  readonly id: string;
  readonly owner: string;
  readonly kind: JobKind;
  readonly task: Task;
  readonly request: Readonly<Record<string, unknown>>;
  /** Hashes of blobs that the owner put a moment ago or may read: they are held while the job is kept. */
  readonly blobs: readonly string[];
}

/** How a job ends. */
export type JobEnd =
  | { readonly state: 'completed'; readonly result: unknown; readonly dropBlobs?: boolean }
  | { readonly state: 'failed'; readonly error: Problem; readonly dropBlobs?: boolean };

/** A job and whose it is. */
export interface OwnedJob {
  readonly owner: string;
  readonly job: Job;
}

/**
 * The rows of jobs: what users see, and what a restart finds. `attempt` is the number of the beginning that writes
 * (`job.attempts` of {@link begin}): who was overtaken by a later beginning changes nothing any more.
 */
export interface JobStore {
  /** The job as kept; null where the id is taken. */
  add(job: NewJob): Promise<Job | null>;
  get(owner: string, id: string): Promise<Job | null>;
  list(owner: string, query: Partial<JobQuery>): Promise<JobPage>;
  /** queued or active → active, attempts + 1; null where the job is neither. */
  begin(id: string): Promise<OwnedJob | null>;
  /** False where another attempt has the job, or nobody any more. */
  saveProgress(id: string, attempt: number, progress: JobProgress): Promise<boolean>;
  /** The end and what it needs no more (steps), in one commit; null as above. */
  settle(id: string, attempt: number, end: JobEnd): Promise<Job | null>;
  /** active → queued; steps stay. */
  release(id: string, attempt: number): Promise<boolean>;
  /** queued or active → cancelled; null where it is neither. */
  cancel(owner: string, id: string, options: { dropBlobs: boolean }): Promise<Job | null>;
  /** failed or cancelled → queued; null where it is neither. */
  requeue(owner: string, id: string): Promise<Job | null>;
  /** Removes a finished job. */
  delete(owner: string, id: string): Promise<boolean>;
  find(ids: readonly string[]): Promise<Job[]>;
  /** Every job that is queued or active. */
  open(): Promise<{ id: string; attempts: number }[]>;
  counts(): Promise<Record<JobState, number>>;
  steps(id: string): Promise<Map<string, unknown>>;
  putSteps(id: string, steps: readonly (readonly [key: string, value: unknown])[]): Promise<void>;
}
