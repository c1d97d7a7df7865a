import type { BlobInfo } from '@fovea/contracts';
import type { Transport } from './transport.ts';

/** Longest side in pixels of the small pictures that a server makes. */
export type ThumbSize = 160 | 320 | 640;

/** Content-addressed files: inputs, maps, attachments. */
export class Blobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Keeps bytes; the same bytes are kept once. Run them with `{ blob: sha256 }`.
   * @param mime default: the Blob's own
   */
  put(bytes: Blob | Uint8Array | ArrayBuffer, mime?: string): Promise<BlobInfo> {
    const type = mime || (bytes instanceof Blob && bytes.type) || 'application/octet-stream';
    return this.#transport.json('POST', '/v1/blobs', {
      body: bytes as BodyInit,
      headers: { 'content-type': type },
      idempotent: true,
    });
  }

  /** @throws NOT_FOUND also where it exists but is not yours */
  get(sha256: string): Promise<Blob> {
    return this.#transport.send('GET', path(sha256), (response) => response.blob());
  }

  /** The address of a blob, for `<img src>`; `thumb` = a small picture of it instead. */
  url(sha256: string, options: { thumb?: ThumbSize } = {}): string {
    return this.#transport.url(path(sha256), { thumb: options.thumb });
  }
}

const path = (sha256: string): string => `/v1/blobs/${encodeURIComponent(sha256)}`;
