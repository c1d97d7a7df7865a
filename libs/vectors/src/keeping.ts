import type { IndexRef, VectorChanges, VectorSource } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import type { ApplyRequest, IndexStats } from './host/protocol.ts';
import type { HostProcess } from './host-process.ts';
import type { IndexKeeper } from './keeper.ts';
import type { Log, VectorLimits } from './types.ts';

/** What the indexes of a server share. */
export interface Shared {
  readonly source: VectorSource;
  readonly host: HostProcess;
  readonly limits: VectorLimits;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Builds use FAISS. */
  readonly library: boolean;
  readonly memoryBytes: number;
  nextHandle(): number;
  /** An index has grown: others may have to go. */
  grown(keeper: IndexKeeper): void;
}

/** An index in the host's memory. */
export interface Opened {
  readonly handle: number;
  /** Of the host that has it. */
  readonly generation: number;
  stats: IndexStats;
  /** The revision it will have when the host has worked through what it was sent. */
  sent: number;
  uses: number;
  /** Another one has taken its place: closed after its last use. */
  retired: boolean;
}

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of twice the vectors: gathered, then built in. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The promise, or CANCELLED as soon as the signal says so. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const cancel = (): void => reject(new VisionError('CANCELLED', 'The search was cancelled.'));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Changes as the host takes them. @throws INTERNAL for a vector of another dimension */
export function pack(
  { added, removed, upTo }: VectorChanges,
  { collectionId, dimension }: IndexRef,
): Omit<ApplyRequest, 'handle'> {
  const vectors = new Float32Array(added.length * dimension);
  for (const [row, { ordinal, vector }] of added.entries()) {
    if (vector.length !== dimension)
      throw new VisionError(
        'INTERNAL',
        `Vector ${ordinal} of collection ${collectionId} has dimension ${vector.length}, not ${dimension}.`,
      );
    vectors.set(vector, row * dimension);
  }
  const ordinals = Int32Array.from(added, ({ ordinal }) => ordinal);
  return { ordinals, vectors, removed: Int32Array.from(removed), upTo };
}
