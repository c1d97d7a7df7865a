import type { AnyDefinition, DecodedMedia, InputDeclarations } from '@fovea/application';
import { VisionError, type RunInput } from '@fovea/contracts';
import { openPicture } from '@fovea/imaging';
import { hash } from 'node:crypto';

/** The bytes of one input as they came. */
export interface InputBytes {
  readonly bytes: Uint8Array;
  /** Lower-case hex; computed where it is not given. */
  readonly sha256?: string;
  /** For messages: the file's name. */
  readonly name?: string;
}
export type InputsByName = Readonly<Record<string, readonly InputBytes[]>>;

export const sha256Of = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

export const tooLarge = (what: string, maxBytes: number): VisionError =>
  new VisionError('PAYLOAD_TOO_LARGE', `${what} is larger than ${maxBytes} bytes`);

/**
 * The bytes of base64, URL-safe or not, of a `data:` URL as well.
 * @param options.what names it in messages
 * @throws INVALID_REQUEST, PAYLOAD_TOO_LARGE
 */
export function fromBase64(sent: string, { maxBytes, what }: { maxBytes: number; what: string }): Uint8Array {
  const text = sent.replace(/^data:[^,]*;base64,/, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(text))
    throw new VisionError('INVALID_REQUEST', `${what}.base64 is not base64`);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength > maxBytes) throw tooLarge(what, maxBytes);
  return bytes;
}

/** Decoded inputs as `run` wants them, and their facts for the envelope and the catalog. */
export interface DecodedInputs {
  readonly values: Record<string, unknown>;
  readonly facts: Record<string, RunInput>;
  readonly stored: readonly {
    name: string;
    index: number;
    sha256: string;
    bytes: Uint8Array;
    mime: string;
  }[];
}

/** @throws INVALID_REQUEST when an input is missing, unknown or sent too often */
export function checkInputs(definition: AnyDefinition, inputs: InputsByName): void {
  const declared = definition.inputs as InputDeclarations;
  for (const name of Object.keys(inputs))
    if (!Object.hasOwn(declared, name))
      throw new VisionError('INVALID_REQUEST', `task ${definition.task} has no input "${name}"`, {
        hint: `Its inputs: ${Object.keys(declared).join(', ') || 'none'}`,
      });
  for (const [name, { min, max, media }] of Object.entries(declared)) {
    const sent = inputs[name]?.length ?? 0;
    if (sent < min)
      throw new VisionError('INVALID_REQUEST', `input "${name}" (${media}) is missing`, {
        hint: `Send it as the multipart field "${name}", as the raw body, or as {"inputs": {"${name}": {"url": …}}}.`,
      });
    if (sent > max)
      throw new VisionError(
        'INVALID_REQUEST',
        `input "${name}" takes ${max === 1 ? 'one' : `at most ${max}`}, got ${sent}`,
      );
  }
}

/**
 * Decodes the inputs of one run.
 * @throws UNSUPPORTED_MEDIA, IMAGE_CORRUPT, IMAGE_TOO_LARGE naming the input
 */
export async function decodeInputs(
  definition: AnyDefinition,
  inputs: InputsByName,
  options: { maxPixels: number; signal: AbortSignal },
): Promise<DecodedInputs> {
  const values: Record<string, unknown> = {};
  const facts: Record<string, RunInput> = {};
  const stored: { name: string; index: number; sha256: string; bytes: Uint8Array; mime: string }[] = [];
  for (const [name, declaration] of Object.entries(definition.inputs as InputDeclarations)) {
    const sent = inputs[name] ?? [];
    const decoded: DecodedMedia['image'][] = [];
    for (const [index, input] of sent.entries()) {
      options.signal.throwIfAborted();
      const sha256 = input.sha256 ?? sha256Of(input.bytes);
      const image = await openPicture(input.bytes, { ...options, sha256 });
      decoded.push(image);
      stored.push({ name, index, sha256, bytes: input.bytes, mime: image.mime });
      facts[sent.length === 1 ? name : `${name}.${index}`] = {
        sha256,
        mime: image.mime,
        bytes: input.bytes.byteLength,
        width: image.width,
        height: image.height,
      };
    }
    values[name] = declaration.max === 1 ? decoded[0] : decoded;
  }
  return { values, facts, stored };
}
