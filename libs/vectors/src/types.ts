import type { VectorSource } from '@fovea/application';

/** Where messages go; pino's loggers fit. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;

export interface VectorsOptions {
  /** Postgres, as indexes see it. */
  readonly source: VectorSource;
  /** Snapshots live in `<dataDir>/vectors`; one server at a time. */
  readonly dataDir: string;
  /** `auto` (default): FAISS where it is there, else exact search. `faiss` fails where it is not. */
  readonly backend?: 'auto' | 'faiss' | 'exact';
  /** Indexes that were not used for longest are closed to stay under this. Default: a quarter of the memory this process may use. */
  readonly memoryBytes?: number;
  readonly log?: Log;
  /** Variables of which children get those that native libraries read (LD_LIBRARY_PATH, OMP_*, …). Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What tests make small. */
  readonly limits?: Partial<VectorLimits>;
}

export interface VectorLimits {
  /** Fewer vectors are read from Postgres at the first search after a start, and have no files. */
  readonly snapshotFrom: number;
  /** A snapshot is made again when more rows than this, … */
  readonly wasteRows: number;
  /** … and than this share of its rows, were added or removed since. */
  readonly wasteShare: number;
  /** Vectors up to this size are kept in memory where there is no FAISS; larger ones are read from the file. */
  readonly inMemoryBytes: number;
  /** Changes read at once. */
  readonly changesAtOnce: number;
  /** A host that ended is started again after this, doubled each time … */
  readonly backoffMs: number;
  /** … up to this. Also how long a build that failed is not tried again. */
  readonly backoffMaxMs: number;
  /** From the start of a host to its first message. */
  readonly spawnMs: number;
}
export const DEFAULT_LIMITS: VectorLimits = {
  snapshotFrom: 5000,
  wasteRows: 5000,
  wasteShare: 0.1,
  inMemoryBytes: 2 ** 30,
  changesAtOnce: 1000,
  backoffMs: 100,
  backoffMaxMs: 10_000,
  spawnMs: 30_000,
};
