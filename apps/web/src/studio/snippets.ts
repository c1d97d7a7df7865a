import type { RunRequest, Source } from './run-request.ts';

// The same run from elsewhere: lines to copy into a shell or a program.

export interface SnippetOptions {
  /** The address of this server. */
  readonly baseUrl: string;
  /** The server wants FOVEA_API_KEY; the key itself is never written out. */
  readonly withKey: boolean;
}

/** One word for a POSIX shell, quoted only where it must be. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A file in curl's `-F name=@file`: quoted where ; , or quotes would end the name. */
function curlFile(fileName: string): string {
  if (!/[;,"\\]/.test(fileName)) return `@${fileName}`;
  return `@"${fileName.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

const isEmpty = (record: object): boolean => Object.keys(record).length === 0;

/** The parameters as they are sent, the models of other roles among them. */
const sentParams = ({ params, models }: RunRequest): Record<string, unknown> =>
  isEmpty(models) ? { ...params } : { ...params, models };

function jsonSource(source: Source): Record<string, string> | undefined {
  switch (source.type) {
    case 'file':
      return undefined;
    case 'url':
      return { url: source.url };
    case 'blob':
      return { blob: source.sha256 };
  }
}

/** curl's command line. Files are sent as multipart; addresses and blobs as JSON. */
export function curlSnippet(request: RunRequest, { baseUrl, withKey }: SnippetOptions): string {
  const parts = [`curl ${shellQuote(`${baseUrl}/v1/tasks/${request.task}`)}`];
  if (withKey) parts.push('-H "Authorization: Bearer $FOVEA_API_KEY"');
  const params = sentParams(request);
  const sources = Object.entries(request.inputs);
  const files = sources.filter(
    (entry): entry is [string, Source & { type: 'file' }] => entry[1].type === 'file',
  );

  if (files.length === sources.length && files.length > 0) {
    for (const [name, { file }] of files) parts.push(`-F ${shellQuote(`${name}=${curlFile(file.name)}`)}`);
    // --form-string: a value that begins with @ or < would be read as a file.
    if (!isEmpty(params)) parts.push(`--form-string ${shellQuote(`params=${JSON.stringify(params)}`)}`);
    if (request.model !== undefined) parts.push(`--form-string ${shellQuote(`model=${request.model}`)}`);
    return parts.join(' \\\n  ');
  }
  const inputs: Record<string, unknown> = {};
  for (const [name, source] of sources)
    inputs[name] = jsonSource(source) ?? {
      base64: `<the bytes of ${source.type === 'file' ? source.file.name : name}>`,
    };
  const body = {
    ...(isEmpty(inputs) ? {} : { inputs }),
    ...(isEmpty(params) ? {} : { params }),
    ...(request.model === undefined ? {} : { model: request.model }),
  };
  parts.push(`-H ${shellQuote('Content-Type: application/json')}`, `-d ${shellQuote(JSON.stringify(body))}`);
  return parts.join(' \\\n  ');
}

const jsString = (value: string): string =>
  `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** A value as JavaScript source: names without quotes where they may stand so. */
function jsValue(value: unknown): string {
  if (typeof value === 'string') return jsString(value);
  if (Array.isArray(value)) return `[${value.map(jsValue).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([name, inner]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : jsString(name)}: ${jsValue(inner)}`,
    );
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return JSON.stringify(value);
}

/** A Node program with the SDK. */
export function sdkSnippet(request: RunRequest, { baseUrl, withKey }: SnippetOptions): string {
  const sources = Object.entries(request.inputs);
  const lines = [`import { Fovea } from '@fovea/sdk';`];
  const sdkSource = (source: Source): string => {
    const json = jsonSource(source);
    return json
      ? jsValue(json)
      : `await openAsBlob(${jsString(source.type === 'file' ? source.file.name : '')})`;
  };
  if (sources.some(([, source]) => source.type === 'file'))
    lines.unshift(`import { openAsBlob } from 'node:fs';`);
  const key = withKey ? ', apiKey: process.env.FOVEA_API_KEY' : '';
  const [primary] = sources;
  const input =
    primary === undefined
      ? 'undefined'
      : sources.length === 1
        ? sdkSource(primary[1])
        : `{ ${sources.map(([name, source]) => `${name}: ${sdkSource(source)}`).join(', ')} }`;
  const options = {
    ...(request.model === undefined ? {} : { model: request.model }),
    ...(isEmpty(request.models) ? {} : { models: request.models }),
  };
  const values = [jsString(request.task), input];
  if (!isEmpty(request.params) || !isEmpty(options)) values.push(jsValue(request.params));
  if (!isEmpty(options)) values.push(jsValue(options));
  return [
    ...lines,
    '',
    `const fovea = new Fovea({ baseUrl: ${jsString(baseUrl)}${key} });`,
    `const { result } = await fovea.run(${values.join(', ')});`,
    'console.log(result);',
  ].join('\n');
}

const flag = (name: string): string => `--${name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()}`;

/** A list as the CLI reads it: the flag repeated, or JSON where an entry holds a comma that would split it. */
function listFlags(name: string, entries: readonly unknown[]): string[] {
  const plain = entries.every((entry) => !/,(?! )|^\[/.test(String(entry)));
  if (!plain) return [flag(name), shellQuote(JSON.stringify(entries))];
  return entries.flatMap((entry) => [flag(name), shellQuote(String(entry))]);
}

/** The command line of Fovea itself, run in the project's folder. */
export function cliSnippet(request: RunRequest, { baseUrl, withKey }: SnippetOptions): string {
  const lines: string[] = [];
  const words = [`${withKey ? 'FOVEA_API_KEY=… ' : ''}npm run fovea -- run`, request.task];
  const word = (name: string, source: Source): string => {
    if (source.type === 'url') return source.url;
    // A name that begins with a dash would be read as an option.
    if (source.type === 'file') return source.file.name.replace(/^-/, './-');
    const key = withKey ? ' -H "Authorization: Bearer $FOVEA_API_KEY"' : '';
    lines.push(`curl -o ${name}.jpg${key} ${shellQuote(`${baseUrl}/v1/blobs/${source.sha256}`)}`);
    return `${name}.jpg`;
  };
  const [primary, ...others] = Object.entries(request.inputs);
  if (primary) words.push(shellQuote(word(...primary)));
  for (const [name, source] of others) words.push(flag(name), shellQuote(word(name, source)));
  for (const [name, value] of Object.entries(sentParams(request))) {
    if (typeof value === 'boolean') words.push(value ? flag(name) : `--no-${flag(name).slice(2)}`);
    else if (Array.isArray(value)) words.push(...listFlags(name, value));
    else
      words.push(flag(name), shellQuote(typeof value === 'object' ? JSON.stringify(value) : String(value)));
  }
  if (request.model !== undefined) words.push('--model', shellQuote(request.model));
  words.push('--server', shellQuote(baseUrl));
  return [...lines, words.join(' ')].join('\n');
}
