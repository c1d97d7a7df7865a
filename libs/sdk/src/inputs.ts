import { VisionError, type InputSource, type RunRequest, type Task } from '@fovea/contracts';

/** Bytes of one picture, sound or film. A stream is read to its end before it is sent. */
export type InputBytes = Blob | Uint8Array | ArrayBuffer | ReadableStream<Uint8Array>;
/** One input: its bytes, or where the server finds them. */
export type OneInput = InputBytes | InputSource;
/** Several inputs by name, e.g. `{ image, style }`. */
export type NamedInputs = Readonly<Record<string, OneInput | readonly OneInput[]>>;
/** The primary input alone, several inputs by name, or nothing where a task has none. */
export type RunInputs = OneInput | NamedInputs | undefined;

export interface RequestParts {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly model?: string | undefined;
}

/** Tasks whose primary input is not called `image`. */
const PRIMARY: Partial<Record<Task, string>> = { tracking: 'video', action: 'video', keywords: 'audio' };

/** The name of a task's primary input. */
export const primaryName = (task: Task): string => PRIMARY[task] ?? 'image';

/**
 * The body of a run: multipart where all inputs are bytes (no base64, parameters exact as JSON), JSON otherwise.
 * @param primary inputs without a name: one = a run, several = a batch
 */
export async function runBody(
  task: Task,
  inputs: RunInputs | readonly OneInput[],
  { params, model }: RequestParts,
): Promise<{ body: BodyInit; headers: Record<string, string> }> {
  const fields = Object.entries(namedInputs(task, inputs)).flatMap(([name, value]) =>
    (isList(value) ? value : [value]).map((input) => ({ name, input })),
  );
  const bytes = await Promise.all(
    fields.map(async ({ name, input }) => ({ name, input: await settle(input, name) })),
  );

  if (bytes.length > 0 && bytes.every((field) => field.input instanceof Blob)) {
    const form = new FormData();
    if (params && Object.keys(params).length > 0) form.set('params', JSON.stringify(params));
    if (model !== undefined) form.set('model', model);
    for (const { name, input } of bytes) form.append(name, input as Blob, fileName(input as Blob, name));
    return { body: form, headers: {} };
  }
  const sources: Record<string, InputSource | InputSource[]> = {};
  for (const { name, input } of bytes) {
    const source = await toSource(input);
    const before = sources[name];
    sources[name] = before === undefined ? source : [...(Array.isArray(before) ? before : [before]), source];
  }
  const request: RunRequest = {
    ...(bytes.length > 0 ? { inputs: sources } : {}),
    ...(params ? { params: { ...params } } : {}),
    ...(model === undefined ? {} : { model }),
  };
  return { body: JSON.stringify(request), headers: { 'content-type': 'application/json' } };
}

const isList = (value: unknown): value is readonly OneInput[] => Array.isArray(value);
const SOURCES = ['url', 'base64', 'blob'];

function isSource(value: object): value is InputSource {
  const [name, ...others] = Object.entries(value);
  return (
    name !== undefined && others.length === 0 && SOURCES.includes(name[0]) && typeof name[1] === 'string'
  );
}

function isBytes(value: unknown): value is InputBytes {
  return (
    value instanceof Blob ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    value instanceof ReadableStream
  );
}

/** @throws TypeError for something that is no input (a path, say: the SDK reads no files) */
function namedInputs(task: Task, inputs: RunInputs | readonly OneInput[]): NamedInputs {
  if (inputs === undefined) return {};
  if (isList(inputs) || isBytes(inputs)) return { [primaryName(task)]: inputs };
  if (typeof inputs !== 'object' || inputs === null)
    throw new TypeError(
      `input must be bytes (Blob, Uint8Array, …), { url }, { base64 }, { blob } or inputs by name, got ${typeof inputs}`,
    );
  return isSource(inputs) ? { [primaryName(task)]: inputs } : (inputs as NamedInputs);
}

/** Whether it is bytes or a source, rather than something that holds them. */
export const isInput = (value: object): value is OneInput => isBytes(value) || isSource(value);

/** Bytes as a Blob (which can be sent again), sources as they are. @throws TypeError naming `name` */
export async function settle(input: OneInput, name: string): Promise<Blob | InputSource> {
  if (input instanceof Blob) return input;
  if (input instanceof ReadableStream) return new Response(input).blob();
  if (isBytes(input)) return new Blob([input as BlobPart]);
  if (typeof input === 'object' && input !== null && isSource(input)) return input;
  throw new TypeError(`input "${name}" must be bytes (Blob, Uint8Array, …), { url }, { base64 } or { blob }`);
}

/** A part without a file name would be a text field. */
const fileName = (blob: Blob, name: string): string =>
  'name' in blob && typeof blob.name === 'string' && blob.name ? blob.name : name;

/** What JSON can carry of a settled input. */
export const toSource = async (input: Blob | InputSource): Promise<InputSource> =>
  input instanceof Blob ? { base64: await toBase64(input) } : input;

async function toBase64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  // In pieces: the arguments of one call are limited.
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  const base64 = btoa(binary);
  if (base64 === '') throw new VisionError('IMAGE_CORRUPT', 'the input has no bytes');
  return base64;
}
