/** The parts, one after another. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** ASCII as bytes; `\0` and `\xff` as they are written. */
export const latin = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** True where these bytes stand at an offset. */
export const standsAt = (bytes: Uint8Array, at: number, wanted: Uint8Array): boolean =>
  at + wanted.length <= bytes.length && wanted.every((byte, index) => bytes[at + index] === byte);
