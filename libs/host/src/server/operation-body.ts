import type { AnyOperation, OperationRequest, SentFile } from '@fovea/application';
import { invalidFields, VisionError, type InputSource } from '@fovea/contracts';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { InputBytes } from '../engine/inputs.ts';
import { queryParams } from '../engine/params.ts';
import { sentFile } from '../engine/resource-context.ts';
import { jsonLimit, readJsonBody } from './body.ts';
import type { Query } from './exchange.ts';
import { BATCH_FACTOR, checkLength, isEmptyBody, mediaType, parseJson, readBytes, readForm } from './form.ts';

/** The field of ZIP files: many pictures, so they may be as large as a form. */
const ARCHIVE = 'archive';
const ZIP = ['application/zip', 'application/x-zip-compressed'];

/** The path's parts, the query, the body, and what fetches a file that a form names by URL or blob. */
export interface SentRequest {
  readonly raw: IncomingMessage;
  readonly query: Query;
  /** Largest single file. */
  readonly maxBytes: number;
  readonly resolve: (source: Exclude<InputSource, { base64: string }>) => Promise<InputBytes>;
}

/** What an operation is given of a request, checked. */
export type ReadRequest = Pick<OperationRequest, 'query' | 'body' | 'files'>;

/** Fields of a body before they are checked; `rest` is left of the query. */
interface Sent {
  readonly body: unknown;
  readonly files: readonly SentFile[];
  readonly rest: Query;
}

type Fields = Record<string, unknown>;
type Schema = Parameters<typeof queryParams>[0];

/**
 * Reads and checks what was sent with a request: JSON, a form, a picture or a ZIP as the body. Beside a body that is
 * not JSON the query string may hold the body's fields.
 * @throws INVALID_REQUEST, INVALID_PARAMETER naming every field that is wrong, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA and
 *   what fetching a file throws
 */
export async function readOperation(operation: AnyOperation, sent: SentRequest): Promise<ReadRequest> {
  const schemas = schemasOf(operation);
  const { body, files, rest } = await readBody(operation, schemas, sent);
  const query = schemas.query.safeParse(queryParams(schemas.queryJson, rest));
  const checked = schemas.body.safeParse(body);
  if (query.success && checked.success) return { query: query.data, body: checked.data, files };
  throw invalidFields(
    new z.ZodError([...(query.error?.issues ?? []), ...(checked.error?.issues ?? [])] as z.core.$ZodIssue[]),
  );
}

async function readBody(operation: AnyOperation, schemas: Schemas, sent: SentRequest): Promise<Sent> {
  const { raw, query, maxBytes } = sent;
  const { files: fields = [] } = operation;
  const takesBody = operation.body !== undefined || fields.length > 0;
  if (!takesBody) return { body: {}, files: [], rest: query };
  const type = mediaType(raw);
  if (type === 'application/json') {
    const body = await readJsonBody(raw, jsonLimit(maxBytes));
    return { body: body ?? {}, files: [], rest: query };
  }
  const { ofBody, rest } = split(query, schemas);
  const inQuery = queryParams(schemas.bodyJson, ofBody);
  if (isEmptyBody(raw)) return { body: inQuery, files: [], rest };
  if (type === 'multipart/form-data') {
    const form = await readFields(fields, schemas, sent);
    return { body: { ...inQuery, ...form.body }, files: form.files, rest };
  }
  const field = rawField(type, fields);
  if (field === undefined)
    throw new VisionError('UNSUPPORTED_MEDIA', `a body of type "${type || 'none'}" is not read here`, {
      hint: `Send ${waysToSend(fields)}.`,
    });
  const limit = fileLimit(field, maxBytes);
  checkLength(raw, limit, 'the body');
  return { body: inQuery, files: [sentFile(field, await readBytes(raw, limit, 'the body'))], rest };
}

/** A picture is a file of the first field, a ZIP one of the field `archive`. */
function rawField(type: string, fields: readonly string[]): string | undefined {
  if (ZIP.includes(type)) return fields.find((field) => field === ARCHIVE);
  return type.startsWith('image/') || type === 'application/octet-stream' ? fields[0] : undefined;
}

const fileLimit = (field: string, maxBytes: number): number =>
  field === ARCHIVE ? maxBytes * BATCH_FACTOR : maxBytes;

function waysToSend(fields: readonly string[]): string {
  const ways = ['application/json'];
  if (fields.length > 0) ways.unshift('multipart/form-data');
  if (fields[0] !== undefined) ways.push('the picture itself as image/jpeg (or its own type)');
  if (fields.includes(ARCHIVE)) ways.push('a ZIP as application/zip');
  return ways.join(', ').replace(/, ([^,]*)$/, ' or $1');
}

/** Names of the query's own schema are the query's, the others the body's. */
function split(query: Query, { queryJson, bodyJson }: Schemas): { ofBody: Query; rest: Query } {
  const isOfBody = (name: string) =>
    !Object.hasOwn(queryJson.properties ?? {}, name) && Object.hasOwn(bodyJson.properties ?? {}, name);
  const entries = Object.entries(query);
  return {
    ofBody: Object.fromEntries(entries.filter(([name]) => isOfBody(name))),
    rest: Object.fromEntries(entries.filter(([name]) => !isOfBody(name))),
  };
}

/** A form: files, `params` as JSON, and fields of the body by their names; a file may also be named by URL or blob. */
async function readFields(
  fileFields: readonly string[],
  { bodyJson }: Schemas,
  { raw, maxBytes, resolve }: SentRequest,
): Promise<{ body: Fields; files: SentFile[] }> {
  const form = await readForm(raw, { maxBytes, fileBytes: (field) => fileLimit(field, maxBytes) });
  const files: SentFile[] = [];
  for (const [field, sent] of Object.entries(form.files)) {
    if (!fileFields.includes(field)) throw unknownField(field, fileFields, bodyJson);
    for (const file of sent) files.push(sentFile(field, file));
  }
  const { params, ...plain } = form.fields;
  const named: Record<string, string> = {};
  for (const [field, value] of Object.entries(plain)) {
    const source = fileFields.includes(field) ? sourceOf(value) : undefined;
    if (source) files.push(sentFile(field, await resolve(source)));
    else if (Object.hasOwn(bodyJson.properties ?? {}, field)) named[field] = value;
    else throw unknownField(field, fileFields, bodyJson);
  }
  return { body: { ...queryParams(bodyJson, named), ...paramsOf(params) }, files };
}

function sourceOf(value: string): Exclude<InputSource, { base64: string }> | undefined {
  if (/^[0-9a-f]{64}$/.test(value)) return { blob: value };
  return /^https?:\/\//.test(value) ? { url: value } : undefined;
}

function paramsOf(text: string | undefined): object {
  const params = text === undefined ? {} : parseJson(text, 'params');
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw new VisionError('INVALID_REQUEST', 'params must be an object such as {"k": 3}');
  return params;
}

const unknownField = (field: string, files: readonly string[], body: Schema): VisionError =>
  new VisionError('INVALID_REQUEST', `a form has no field "${field}" here`, {
    hint: `Its fields: ${[...files, 'params', ...Object.keys(body.properties ?? {})].join(', ')}. Files go into ${files.join(' and ') || 'none'}.`,
  });

interface Schemas {
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly queryJson: Schema;
  readonly bodyJson: Schema;
}
const made = new WeakMap<AnyOperation, Schemas>();

/** Made once of an operation: unknown names are refused. */
function schemasOf(operation: AnyOperation): Schemas {
  let schemas = made.get(operation);
  if (!schemas) {
    const { query = z.object({}), body = z.object({}) } = operation as {
      query?: z.ZodType;
      body?: z.ZodType;
    };
    const jsonOf = (schema: z.ZodType) =>
      z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
    schemas = {
      query: strictly(query),
      body: strictly(body),
      queryJson: jsonOf(query),
      bodyJson: jsonOf(body),
    };
    made.set(operation, schemas);
  }
  return schemas;
}

const strictly = (schema: z.ZodType): z.ZodType => (schema instanceof z.ZodObject ? schema.strict() : schema);
