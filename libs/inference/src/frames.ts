import { isTensorType, type TensorType } from '@fovea/tensor';
import { byteLength, type HandleFeed, type KeptFacts, type LoadedFacts, type ModelFile } from './backend.ts';

// What crosses the pipe between server and session host: a JSON header, then the raw bytes of its tensors.
// Layout: u32 little-endian header length | header | tensor 0 | tensor 1 | …
// Tensors that stay in the host are named in the header by their handles and have no bytes.

export interface TensorHeader {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
}
export type ToHost =
  | { readonly op: 'load'; readonly id: number; readonly model: ModelFile; readonly tensors: readonly [] }
  | { readonly op: 'unload'; readonly id: number; readonly model: string; readonly tensors: readonly [] }
  | { readonly op: 'release'; readonly handles: readonly number[]; readonly tensors: readonly [] }
  | {
      readonly op: 'run';
      readonly id: number;
      readonly model: string;
      readonly outputs: readonly string[];
      readonly keptFeeds?: Readonly<Record<string, HandleFeed>>;
      readonly keep?: Readonly<Record<string, number>>;
      readonly tensors: readonly TensorHeader[];
    };
export type FromHost =
  | { readonly op: 'hello'; readonly rssBytes: number; readonly tensors: readonly [] }
  | { readonly op: 'failed'; readonly id: number; readonly message: string; readonly tensors: readonly [] }
  | {
      readonly op: 'answer';
      readonly id: number;
      readonly runMs?: number;
      readonly kept?: readonly KeptFacts[];
      readonly loaded?: LoadedFacts;
      /** Resident memory of the host; sent now and then. */
      readonly rssBytes?: number;
      readonly tensors: readonly TensorHeader[];
    };
export type Header = ToHost | FromHost;

export interface Frame<H extends Header> {
  readonly header: H;
  /** The bytes of `header.tensors`, each in memory of its own (so that any element type is aligned). */
  readonly payloads: readonly Uint8Array[];
}

const PREFIX_BYTES = 4;

/** Prefix and header of a frame; its tensors' bytes follow. */
export function encodeHeader(header: Header): Buffer {
  const json = JSON.stringify(header);
  const bytes = Buffer.byteLength(json);
  const buffer = Buffer.allocUnsafe(PREFIX_BYTES + bytes);
  buffer.writeUInt32LE(bytes);
  buffer.write(json, PREFIX_BYTES);
  return buffer;
}

/**
 * Reads one frame: yields each piece of memory to be filled before it goes on, so that bytes are read to where
 * they stay, whether they come from a blocking read or in chunks.
 */
export function* decodeFrame<H extends Header>(): Generator<Uint8Array, Frame<H>, void> {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  yield prefix;
  const json = Buffer.allocUnsafe(prefix.readUInt32LE());
  yield json;
  const header = JSON.parse(json.toString()) as H;
  const payloads: Uint8Array[] = [];
  for (const { name, type, dims } of header.tensors) {
    if (!isTensorType(type)) throw new Error(`tensor ${name} has unknown type ${String(type)}`);
    const payload = Buffer.allocUnsafeSlow(byteLength(type, dims));
    if (payload.byteLength > 0) yield payload;
    payloads.push(payload);
  }
  return { header, payloads };
}

/** Reads frames from chunks as a stream delivers them. */
export class FrameReader<H extends Header> {
  readonly #onFrame: (frame: Frame<H>) => void;
  #decoder = decodeFrame<H>();
  #target: Uint8Array;
  #filled = 0;

  constructor(onFrame: (frame: Frame<H>) => void) {
    this.#onFrame = onFrame;
    this.#target = this.#begin();
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.byteLength;) {
      const piece = chunk.subarray(at, at + this.#target.byteLength - this.#filled);
      this.#target.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      at += piece.byteLength;
      if (this.#filled === this.#target.byteLength) this.#advance();
    }
  }

  #advance(): void {
    this.#filled = 0;
    const step = this.#decoder.next();
    if (!step.done) {
      this.#target = step.value;
      return;
    }
    this.#decoder = decodeFrame<H>();
    this.#target = this.#begin();
    this.#onFrame(step.value);
  }

  #begin(): Uint8Array {
    const step = this.#decoder.next();
    if (step.done) throw new Error('a frame has no prefix');
    return step.value;
  }
}
