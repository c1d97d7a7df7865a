import { invalidFields, RunRequest, VisionError, type InputSource } from '@fovea/contracts';
import type { IncomingMessage } from 'node:http';
import { fromBase64, type InputBytes } from '../engine/inputs.ts';
import {
  checkLength,
  isEmptyBody,
  MAX_FIELD_BYTES,
  mediaType,
  parseJson,
  readBytes,
  readForm,
} from './form.ts';

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

/** @throws INVALID_REQUEST, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA and what fetching an input throws */
export async function readRunBody(request: IncomingMessage, options: BodyOptions): Promise<RunBody> {
  const type = mediaType(request);
  if (type === 'multipart/form-data') return readMultipart(request, options);
  if (type === 'application/json') return readJson(request, options);
  if (/^(image|audio|video)\//.test(type) || type === 'application/octet-stream')
    return readRaw(request, options);
  if (isEmptyBody(request)) return { inputs: {} };
  throw new VisionError('UNSUPPORTED_MEDIA', `a body of type "${type || 'none'}" is not read here`, {
    hint: 'Send multipart/form-data, application/json, or the picture itself as image/jpeg (or its own type).',
  });
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
  return { bytes: fromBase64(source.base64, { maxBytes, what: `inputs.${name}` }) };
}

async function readMultipart(request: IncomingMessage, options: BodyOptions): Promise<RunBody> {
  const { files, fields } = await readForm(request, options);
  return { ...(await fieldsOf(fields, files, options)), inputs: files };
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
