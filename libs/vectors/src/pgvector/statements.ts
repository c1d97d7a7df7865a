import type { IndexRef } from '@fovea/application';
import { VisionError } from '@fovea/contracts';

/** One statement at a time, each on any connection of a pool. */
export interface Sql {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export interface State {
  readonly id: number;
  readonly table: string;
  readonly revision: number;
  readonly complete: boolean;
  readonly hnsw: boolean;
  readonly items: number;
  readonly bytes: number;
  readonly builtAt: string | null;
}
export interface Found extends State {
  readonly hits: readonly (readonly [ordinal: number, score: number])[];
  readonly exact: boolean;
}

/** 42P01 and XX000: its table was replaced between reading its name and reading it. */
const REPLACED = /^(42P01|XX000)$/;
const NETWORK = /^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOST|ENET|EAI_AGAIN)/;
/** 08 connection, 57 shutdown or timeout, 53 resources, 28 and 3D000 a URL that is wrong by now, 55P03 and 40 locks. */
const UNAVAILABLE = /^(08|57|53|28|3D000|55P03|40)/;
const LOST = /connection|timeout|timed out|client was closed|not queryable/i;
/** 58P01 and 0A000: the files of the extension are not there; 42704 the type; 42501 no right to create it. */
const NO_EXTENSION = /^(58P01|0A000|42501|42704)$/;

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

/** The schema's functions, with errors as users see them. */
export class Statements {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The single value of a statement. */
  async value<T>(text: string, values: unknown[] = []): Promise<T> {
    const [row] = await this.rows<{ value: T }>(text, values);
    return row!.value;
  }

  async rows<T>(text: string, values: unknown[] = []): Promise<T[]> {
    try {
      return (await this.#sql.executeSql(text, values)).rows as T[];
    } catch (error) {
      throw translated(error);
    }
  }

  /** Calls a function of the schema. */
  call<T>(name: string, ...values: unknown[]): Promise<T> {
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    return this.value<T>(`SELECT fovea_vectors.${name}(${places}) AS value`, values);
  }

  state({ collectionId, spaceId }: IndexRef): Promise<State | null> {
    return this.call<State | null>('state', collectionId, spaceId);
  }

  /** Creates or updates the schema. @throws CATALOG_UNAVAILABLE where the server has no pgvector */
  async migrate(migration: string): Promise<void> {
    try {
      await this.#sql.executeSql(migration);
    } catch (error) {
      if (!NO_EXTENSION.test(codeOf(error))) throw translated(error);
      throw new VisionError('CATALOG_UNAVAILABLE', `Postgres has no pgvector: ${(error as Error).message}`, {
        cause: error,
        hint: 'Install pgvector 0.5 or newer on the database server and run CREATE EXTENSION vector as its superuser, or unset FOVEA_VECTORS.',
      });
    }
  }
}

/** True where an index was replaced under a reader: it asks again. */
export const isReplaced = (error: unknown): boolean =>
  error instanceof VisionError && REPLACED.test(codeOf(error.cause));

function translated(error: unknown): VisionError {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const unavailable = NETWORK.test(code) || UNAVAILABLE.test(code) || (code === '' && LOST.test(message));
  return error instanceof VisionError
    ? error
    : new VisionError(
        unavailable ? 'CATALOG_UNAVAILABLE' : 'INTERNAL',
        `search by vectors in Postgres: ${message}`,
        { cause: error },
      );
}

/** As pgvector reads it. */
export const vectorText = (vector: Float32Array): string => `[${vector.join(',')}]`;

/** Of pgvector's binary form, 2 x int16 and then big-endian float32, the numbers. */
export function vectorNumbers(sent: Uint8Array): Float32Array {
  const bytes = Buffer.from(sent.subarray(4));
  bytes.swap32();
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
