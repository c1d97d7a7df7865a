import type { Problem } from './errors.ts';
import type { Job, JobEvents } from './jobs.ts';
import type { RunEnvelope } from './runs.ts';
import type { Result } from './results.ts';

/** First argument of the socket's `run`; the bytes of the inputs follow (one buffer = the primary). */
export interface SocketRun {
  readonly task: string;
  readonly params?: Record<string, unknown>;
  readonly model?: string;
  /** Default true: recorded in the catalog. */
  readonly store?: boolean;
  /** The client's name for this run, at most 64 characters: its partial results carry it. */
  readonly id?: string;
}
export type SocketInputs = Uint8Array | ArrayBuffer | Record<string, Uint8Array | ArrayBuffer>;
export type SocketAnswer = RunEnvelope | Problem;

export interface ClientToServer {
  run(request: SocketRun, inputs: SocketInputs, acknowledge: (answer: SocketAnswer) => void): void;
  /** From now on this connection gets the job's events; acknowledged with the job as it stands. */
  'job:watch'(request: { id: string }, acknowledge: (answer: Job | Problem) => void): void;
  'job:unwatch'(request: { id: string }): void;
}
export interface ServerToClient {
  'run:partial'(partial: { task: string; id?: string; result: Partial<Result> }): void;
  'job:progress'(event: JobEvents['progress']): void;
  'job:partial'(event: JobEvents['partial']): void;
  'job:done'(event: JobEvents['done']): void;
}

/** True for the problem half of an answer. */
export const isProblem = (answer: object): answer is Problem => 'code' in answer && 'status' in answer;
