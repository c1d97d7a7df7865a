import { closeSync, readSync } from 'node:fs';

// Where the full vectors are: rows of float32, by position.

/** Rows of vectors. */
export interface RawVectors {
  readonly count: number;
  /** Of memory. */
  readonly bytes: number;
  /** Rows from a position on: at least one, at most up to `to`; good until the next call. */
  rows(from: number, to: number): Float32Array;
  close(): void;
}

/** Of a piece of memory, and of what is read from a file at once. */
const PIECE_BYTES = 4 * 2 ** 20;

/** Fills a view from a file. @throws Error where the file is too short */
export function readFully(fd: number, view: Uint8Array, position: number): void {
  for (let filled = 0; filled < view.byteLength;) {
    const count = readSync(fd, view, filled, view.byteLength - filled, position + filled);
    if (count === 0) throw new Error('the file is cut short');
    filled += count;
  }
}

const asBytes = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Rows in memory; rows can be added. */
export class MemoryVectors implements RawVectors {
  count = 0;
  readonly #dimension: number;
  readonly #pieceRows: number;
  readonly #pieces: Float32Array[] = [];

  constructor(dimension: number) {
    this.#dimension = dimension;
    this.#pieceRows = Math.max(1, Math.floor(PIECE_BYTES / (4 * dimension)));
  }

  /** All rows of a file; every piece of it is shown. */
  static read(
    fd: number,
    { count, dimension, onBytes }: { count: number; dimension: number; onBytes(bytes: Uint8Array): void },
  ): MemoryVectors {
    const vectors = new MemoryVectors(dimension);
    while (vectors.count < count) {
      const rows = Math.min(count - vectors.count, vectors.#pieceRows);
      const piece = new Float32Array(rows * dimension);
      readFully(fd, asBytes(piece), vectors.count * dimension * 4);
      onBytes(asBytes(piece));
      vectors.#pieces.push(piece);
      vectors.count += rows;
    }
    return vectors;
  }

  get bytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  }

  add(rows: Float32Array): void {
    for (let start = 0; start < rows.length; start += this.#dimension) {
      const within = (this.count % this.#pieceRows) * this.#dimension;
      const piece = this.#room(Math.floor(this.count / this.#pieceRows), within + this.#dimension);
      piece.set(rows.subarray(start, start + this.#dimension), within);
      this.count += 1;
    }
  }

  rows(from: number, to: number): Float32Array {
    const index = Math.floor(from / this.#pieceRows);
    const first = index * this.#pieceRows;
    const end = Math.min(to, first + this.#pieceRows);
    return this.#pieces[index]!.subarray((from - first) * this.#dimension, (end - first) * this.#dimension);
  }

  close(): void {
    this.#pieces.length = 0;
    this.count = 0;
  }

  /** The piece, with room for so many values: pieces double up to their full size, so that few rows take little. */
  #room(index: number, values: number): Float32Array {
    const piece = this.#pieces[index];
    if (piece && piece.length >= values) return piece;
    const full = this.#pieceRows * this.#dimension;
    const larger = new Float32Array(Math.min(full, Math.max(values, 2 * (piece?.length ?? 0))));
    if (piece) larger.set(piece);
    this.#pieces[index] = larger;
    return larger;
  }
}

/** Rows read from a file when they are needed: the system's page cache keeps what is used. */
export class FileVectors implements RawVectors {
  readonly count: number;
  readonly #fd: number;
  readonly #dimension: number;
  #buffer = new Float32Array(0);

  /** @param fd is closed with this */
  constructor(fd: number, { count, dimension }: { count: number; dimension: number }) {
    this.#fd = fd;
    this.count = count;
    this.#dimension = dimension;
  }

  get bytes(): number {
    return this.#buffer.byteLength;
  }

  rows(from: number, to: number): Float32Array {
    const most = Math.max(1, Math.floor(PIECE_BYTES / (4 * this.#dimension)));
    const values = Math.min(to - from, most) * this.#dimension;
    if (this.#buffer.length < values) this.#buffer = new Float32Array(values);
    const rows = this.#buffer.subarray(0, values);
    readFully(this.#fd, asBytes(rows), from * this.#dimension * 4);
    return rows;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
