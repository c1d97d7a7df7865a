import { Busboy } from '@fastify/busboy';
import { VisionError } from '@fovea/contracts';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { tooLarge, type InputBytes } from '../engine/inputs.ts';

/** A batch may be this many times as large as one input, and hold this many files. */
export const BATCH_FACTOR = 8;
const MAX_FILES = 64;
const MAX_FIELDS = 32;
export const MAX_FIELD_BYTES = 1024 * 1024;

/** A form as it was sent. */
export interface Form {
  readonly files: Record<string, InputBytes[]>;
  /** The last value of each. */
  readonly fields: Record<string, string>;
}

export interface FormOptions {
  /** Largest single file. */
  readonly maxBytes: number;
  /** Largest file of a field, where that is another one. */
  readonly fileBytes?: (field: string) => number;
}

/** Reads a stream into memory and hashes it on the way, so that hashing never blocks for long. */
export async function readBytes(stream: Readable, maxBytes: number, what: string): Promise<InputBytes> {
  const chunks: Uint8Array[] = [];
  const hash = createHash('sha256');
  let total = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    total += chunk.byteLength;
    if (total > maxBytes) throw tooLarge(what, maxBytes);
    hash.update(chunk);
    chunks.push(chunk);
  }
  const bytes = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, total);
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * Reads a multipart form into memory.
 * @throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, CANCELLED
 */
export async function readForm(request: IncomingMessage, options: FormOptions): Promise<Form> {
  const { maxBytes, fileBytes = () => maxBytes } = options;
  const limit = maxBytes * BATCH_FACTOR;
  checkLength(request, limit + MAX_FIELD_BYTES, 'the form');
  const files: Record<string, InputBytes[]> = {};
  const fields: Record<string, string> = {};
  const reading: Promise<void>[] = [];
  let total = 0;
  const form = formReader(request, limit);
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown) => {
      request.unpipe(form);
      request.resume(); // let the client finish sending, so that it can read the answer
      reject(error as Error);
    };
    form.on('file', (name, stream, filename) => {
      const place = (files[name] ??= []).push({ bytes: new Uint8Array() }) - 1;
      reading.push(
        readBytes(stream, fileBytes(name), filename || name).then((input) => {
          total += input.bytes.byteLength;
          if (total > limit) throw tooLarge('the form', limit);
          (files[name] as InputBytes[])[place] = { ...input, name: filename || name };
        }),
      );
      reading.at(-1)?.catch(fail);
    });
    form.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (valueTruncated) fail(tooLarge(`field ${name}`, MAX_FIELD_BYTES));
      else fields[name] = value;
    });
    for (const event of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const)
      form.on(event, () =>
        fail(
          new VisionError(
            'PAYLOAD_TOO_LARGE',
            `a form has at most ${MAX_FILES} files and ${MAX_FIELDS} fields`,
          ),
        ),
      );
    form.on('error', (error) =>
      fail(
        new VisionError('INVALID_REQUEST', 'the multipart form is damaged or cut short', { cause: error }),
      ),
    );
    form.on('finish', resolve);
    request.on('error', fail);
    request.on('aborted', () => fail(new VisionError('CANCELLED', 'the client closed the connection')));
    request.pipe(form);
  });
  await Promise.all(reading);
  return { files, fields };
}

function formReader(request: IncomingMessage, largest: number): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: request.headers as { 'content-type': string },
      limits: {
        fileSize: largest + 1,
        files: MAX_FILES,
        fields: MAX_FIELDS,
        fieldSize: MAX_FIELD_BYTES,
        parts: MAX_FILES + MAX_FIELDS,
      },
    });
  } catch (error) {
    throw new VisionError('INVALID_REQUEST', 'the multipart form cannot be read', { cause: error });
  }
}

export function parseJson(text: Uint8Array | string, what: string): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'));
  } catch (error) {
    throw new VisionError('INVALID_REQUEST', `${what} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export function checkLength(request: IncomingMessage, maxBytes: number, what: string): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(what, maxBytes);
}

/** `image/jpeg` of `image/jpeg; q=1`; '' where there is none. */
export const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** Nothing was sent; clients name a form's type even then. */
export function isEmptyBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return (
    ['', 'application/x-www-form-urlencoded'].includes(mediaType(request)) &&
    (length === undefined || length === '0') &&
    !request.headers['transfer-encoding']
  );
}
