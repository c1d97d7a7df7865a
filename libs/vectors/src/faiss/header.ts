import { closeSync, openSync, readSync, writeSync } from 'node:fs';

// The beginning of a FAISS index file, as faiss/impl/index_write.cpp writes it: 64-bit little-endian machines, versions
// 1.7 on. faiss-node has no setters for what a search costs, but the file has fields for it at known places.

/** What an index file begins with. */
export interface IndexHeader {
  /** FAISS' four letters: IxFI flat, IHNf and IHNs graphs, IwFl, IwSq and IwPQ inverted lists. */
  readonly fourcc: string;
  readonly dimension: number;
  readonly count: number;
  readonly innerProduct: boolean;
  /** Where the numbers stand that say how hard a search or an insertion tries. */
  readonly fields: Partial<Record<EffortField, Field>>;
}

/** `nprobe`: inverted lists that a search looks into; the others: candidates that a walk through a graph keeps. */
export type EffortField = 'efSearch' | 'efConstruction' | 'nprobe';

interface Field {
  readonly offset: number;
  readonly width: 4 | 8;
  readonly value: number;
}

const METRIC_INNER_PRODUCT = 0;
const METRIC_L2 = 1;
/** Bytes of an item of the five vectors before a graph's numbers: assign_probas, cum_nneighbor_per_level, levels, offsets, neighbors. */
const GRAPH_VECTORS = [8, 4, 4, 8, 4] as const;

class Cursor {
  readonly #file: number;
  offset = 0;

  constructor(file: number) {
    this.#file = file;
  }

  #read(width: number): Buffer {
    const bytes = Buffer.alloc(width);
    if (readSync(this.#file, bytes, 0, width, this.offset) !== width)
      throw new Error('the index file ends within its header');
    this.offset += width;
    return bytes;
  }

  text = (): string => this.#read(4).toString('latin1');
  flag = (): boolean => this.#read(1)[0] === 1;
  int32 = (): number => this.#read(4).readInt32LE();
  int64 = (): number => Number(this.#read(8).readBigInt64LE());
  field(width: 4 | 8): Field {
    const { offset } = this;
    return { offset, width, value: width === 4 ? this.int32() : this.int64() };
  }
}

function parse(cursor: Cursor): IndexHeader {
  const fourcc = cursor.text();
  const dimension = cursor.int32();
  const count = cursor.int64();
  cursor.offset += 16; // two numbers that were once used
  cursor.flag(); // is it trained?
  const metric = cursor.int32();
  if (metric !== METRIC_INNER_PRODUCT && metric !== METRIC_L2)
    throw new Error(`an index file with metric ${metric} is none of ours`);
  const common = { fourcc, dimension, count, innerProduct: metric === METRIC_INNER_PRODUCT };
  if (fourcc === 'IxFI') return { ...common, fields: {} };
  if (fourcc === 'IwFl' || fourcc === 'IwSq' || fourcc === 'IwPQ') {
    cursor.int64(); // lists
    return { ...common, fields: { nprobe: cursor.field(8) } };
  }
  if (fourcc !== 'IHNf' && fourcc !== 'IHNs')
    throw new Error(`an index file that begins with ${JSON.stringify(fourcc)} is none of ours`);
  for (const width of GRAPH_VECTORS) {
    const length = cursor.int64();
    cursor.offset += length * width;
  }
  cursor.offset += 8; // entry point, highest level
  return { ...common, fields: { efConstruction: cursor.field(4), efSearch: cursor.field(4) } };
}

/**
 * Reads the beginning of an index file.
 * @throws Error where it is no FAISS index of a kind that {@link planIndex} names
 */
export function readHeader(path: string): IndexHeader {
  const file = openSync(path, 'r');
  try {
    return parse(new Cursor(file));
  } finally {
    closeSync(file);
  }
}

/**
 * Changes in place how hard the index of a file tries; FAISS takes it up when it reads the file.
 * @throws RangeError for a field that its kind does not have, or a value that is no positive integer
 * @example writeEffort('index.faiss', { efSearch: 128 })
 */
export function writeEffort(path: string, effort: Partial<Record<EffortField, number>>): void {
  const file = openSync(path, 'r+');
  try {
    const { fields, fourcc } = parse(new Cursor(file));
    for (const [name, value] of Object.entries(effort)) {
      const field = fields[name as EffortField];
      if (!field) throw new RangeError(`${name}: an index of kind ${fourcc} has no such number`);
      if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff)
        throw new RangeError(`${name} must be a positive integer, not ${value}`);
      const bytes = Buffer.alloc(field.width);
      bytes.writeInt32LE(value);
      writeSync(file, bytes, 0, field.width, field.offset);
    }
  } finally {
    closeSync(file);
  }
}
