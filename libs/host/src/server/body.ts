import { Busboy } from '@fastify/busboy';
import { invalidFields, RunRequest, VisionError, type InputSource } from '@fovea/contracts';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { InputBytes } from '../engine/inputs.ts';

/** What a request for a run carries, in whatever form it was sent. */
export interface RunBody {
  readonly inputs: Record<string, InputBytes[]>;
  /** undefined: in the query string. */
  readonly params?: unknown;
  readonly model?: string;
}

export interface BodyOptions {
  /** Largest single input. */
  readonly maxBytes: number;
  /** The primary input's name; undefined where the task has none. */
  readonly primary: string | undefined;
  /** Bytes of an input that is named by URL or blob. */
  readonly resolve: (source: Exclude<InputSource, { base64: string }>) => Promise<InputBytes>;
}

/** A batch may be this many times as large as one input, and hold this many files. */
const BATCH_FACTOR = 8;
const MAX_FILES = 64;
const MAX_FIELD_BYTES = 1024 * 1024;

/** @throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA and what fetching an input throws */
export async function readRunBody(request: IncomingMessage, options: BodyOptions): Promise<RunBody> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data') return readMultipart(request, options);
  if (type === 'application/json') return readJson(request, options);
  if (/^(image|audio|video)\//.test(type) || type === 'application/octet-stream')
    return readRaw(request, options);
  const length = request.headers['content-length'];
  if (
    (type === '' || type === 'application/x-www-form-urlencoded') &&
    (length === undefined || length === '0') &&
    !request.headers['transfer-encoding']
  )
    return { inputs: {} };
  throw new VisionError('UNSUPPORTED_MEDIA', `a body of type "${type || 'none'}" is not read here`, {
    hint: 'Send multipart/form-data, application/json, or the picture itself as image/jpeg (or its own type).',
  });
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

/** A JSON body of a route that takes only JSON; an absent body is `undefined`. */
export async function readJsonBody(request: IncomingMessage, maxBytes = MAX_FIELD_BYTES): Promise<unknown> {
  checkLength(request, maxBytes, 'the JSON body');
  const { bytes } = await readBytes(request, maxBytes, 'the JSON body');
  return bytes.byteLength === 0 ? undefined : parseJson(bytes, 'the body');
}

async function readRaw(request: IncomingMessage, { maxBytes, primary }: BodyOptions): Promise<RunBody> {
  if (primary === undefined) throw new VisionError('INVALID_REQUEST', 'this task takes no input');
  checkLength(request, maxBytes, 'the body');
  const input = await readBytes(request, maxBytes, 'the body');
  return { inputs: { [primary]: [input] } };
}

/** The most bytes of a JSON body: base64 grows an input by a third, and two of them must fit. */
export const jsonLimit = (maxBytes: number): number => Math.ceil((maxBytes * 4) / 3) * 2 + MAX_FIELD_BYTES;

async function readJson(request: IncomingMessage, options: BodyOptions): Promise<RunBody> {
  const parsed = RunRequest.safeParse(await readJsonBody(request, jsonLimit(options.maxBytes)));
  if (!parsed.success) throw invalidFields(parsed.error, 'INVALID_REQUEST');
  return { ...(await readSources(parsed.data, options)), params: parsed.data.params };
}

/** The bytes that a JSON body names. @throws INVALID_REQUEST, PAYLOAD_TOO_LARGE and what fetching an input throws */
export async function readSources(
  { inputs = {}, input, model }: Pick<RunRequest, 'inputs' | 'input' | 'model'>,
  options: BodyOptions,
): Promise<RunBody> {
  const named = { ...inputs };
  if (input !== undefined) {
    if (options.primary === undefined) throw new VisionError('INVALID_REQUEST', 'this task takes no input');
    named[options.primary] = input;
  }
  const read: Record<string, InputBytes[]> = {};
  for (const [name, sources] of Object.entries(named))
    read[name] = await Promise.all([sources].flat().map((source) => fromSource(source, name, options)));
  return { inputs: read, ...(model === undefined ? {} : { model }) };
}

async function fromSource(
  source: InputSource,
  name: string,
  { maxBytes, resolve }: BodyOptions,
): Promise<InputBytes> {
  if (!('base64' in source)) return resolve(source);
  const text = source.base64.replace(/^data:[^,]*;base64,/, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(text))
    throw new VisionError('INVALID_REQUEST', `inputs.${name}.base64 is not base64`);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength > maxBytes) throw tooLarge(`inputs.${name}`, maxBytes);
  return { bytes };
}

async function readMultipart(request: IncomingMessage, options: BodyOptions): Promise<RunBody> {
  checkLength(request, options.maxBytes * BATCH_FACTOR + MAX_FIELD_BYTES, 'the form');
  const inputs: Record<string, InputBytes[]> = {};
  const fields: Record<string, string> = {};
  const files: Promise<void>[] = [];
  let total = 0;
  let form: InstanceType<typeof Busboy>;
  try {
    form = new Busboy({
      headers: request.headers as { 'content-type': string },
      limits: {
        fileSize: options.maxBytes + 1,
        files: MAX_FILES,
        fields: 32,
        fieldSize: MAX_FIELD_BYTES,
        parts: MAX_FILES + 32,
      },
    });
  } catch (error) {
    throw new VisionError('INVALID_REQUEST', 'the multipart form cannot be read', { cause: error });
  }
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown) => {
      request.unpipe(form);
      request.resume(); // let the client finish sending, so that it can read the answer
      reject(error as Error);
    };
    form.on('file', (name, stream, filename) => {
      files.push(
        readBytes(stream, options.maxBytes, filename || name).then((input) => {
          total += input.bytes.byteLength;
          if (total > options.maxBytes * BATCH_FACTOR)
            throw tooLarge('the form', options.maxBytes * BATCH_FACTOR);
          (inputs[name] ??= []).push({ ...input, name: filename || name });
        }),
      );
      files.at(-1)?.catch(fail);
    });
    form.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (valueTruncated) fail(tooLarge(`field ${name}`, MAX_FIELD_BYTES));
      else fields[name] = value;
    });
    for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const)
      form.on(limit, () =>
        fail(new VisionError('PAYLOAD_TOO_LARGE', `a form has at most ${MAX_FILES} files and 32 fields`)),
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
  await Promise.all(files);
  return { ...(await fieldsOf(fields, inputs, options)), inputs };
}

/** `params` and `model`, and inputs given as text: `image=https://…` or `image=<sha256>`. */
async function fieldsOf(
  fields: Record<string, string>,
  inputs: Record<string, InputBytes[]>,
  options: BodyOptions,
): Promise<{ params?: unknown; model?: string }> {
  const { params, model, ...rest } = fields;
  for (const [name, value] of Object.entries(rest)) {
    const source = /^[0-9a-f]{64}$/.test(value)
      ? { blob: value }
      : /^https?:\/\//.test(value)
        ? { url: value }
        : undefined;
    if (!source)
      throw new VisionError(
        'INVALID_REQUEST',
        `field "${name}" is neither a file, a URL nor the SHA-256 of a blob`,
        {
          hint: 'Parameters go into the field "params" as JSON: params={"topK": 3}.',
        },
      );
    (inputs[name] ??= []).push(await options.resolve(source));
  }
  return {
    ...(params === undefined ? {} : { params: parseJson(params, 'params') }),
    ...(model === undefined || model === '' ? {} : { model }),
  };
}

function parseJson(text: Uint8Array | string, what: string): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'));
  } catch (error) {
    throw new VisionError('INVALID_REQUEST', `${what} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function checkLength(request: IncomingMessage, maxBytes: number, what: string): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(what, maxBytes);
}

const tooLarge = (what: string, maxBytes: number) =>
  new VisionError('PAYLOAD_TOO_LARGE', `${what} is larger than ${maxBytes} bytes`);
