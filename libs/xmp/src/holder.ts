export type XmpFormat = 'jpeg' | 'png' | 'webp';

/** A picture file that can hold XMP, read as far as that needs. */
export interface XmpHolder {
  readonly format: XmpFormat;
  /** The packet that is in it, as bytes. */
  readonly packet: Uint8Array | undefined;
  /** Parts of the packet that stand elsewhere (Extended XMP of JPEG): never changed, but a caption may be in them. */
  readonly extended: Uint8Array | undefined;
  /**
   * The file with this packet in the place of its own; all other bytes are as they were.
   * @returns undefined where the packet does not fit
   */
  put(packet: string): Uint8Array<ArrayBuffer> | undefined;
}
