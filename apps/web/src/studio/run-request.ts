import type { Task } from '@fovea/contracts';
import type { OneInput } from '@fovea/sdk';

/** Where the bytes of one input are. */
export type Source =
  | { readonly type: 'file'; readonly file: File }
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'blob'; readonly sha256: string };

/** One run exactly as it is sent; the lines to copy are written from it. */
export interface RunRequest {
  readonly task: Task;
  /** By the names of the task's inputs, the primary first. */
  readonly inputs: Readonly<Record<string, Source>>;
  /** Only what differs from the defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  /** undefined = the task's default. */
  readonly model: string | undefined;
  /** Models of other roles, where they were chosen. */
  readonly models: Readonly<Record<string, string>>;
}

export const sameRequest = (a: RunRequest, b: RunRequest): boolean =>
  a.model === b.model &&
  JSON.stringify([a.params, a.models]) === JSON.stringify([b.params, b.models]) &&
  JSON.stringify(Object.keys(a.inputs)) === JSON.stringify(Object.keys(b.inputs)) &&
  Object.entries(a.inputs).every(([name, source]) => sameSource(source, b.inputs[name]));

function sameSource(a: Source, b: Source | undefined): boolean {
  if (a.type === 'file') return b?.type === 'file' && a.file === b.file;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What the SDK takes. */
export function sdkInput(source: Source): OneInput {
  switch (source.type) {
    case 'file':
      return source.file;
    case 'url':
      return { url: source.url };
    case 'blob':
      return { blob: source.sha256 };
  }
}

/** A short name of a source for people. */
export function sourceName(source: Source): string {
  switch (source.type) {
    case 'file':
      return source.file.name || 'picture';
    case 'url':
      return new URL(source.url).pathname.split('/').at(-1) || new URL(source.url).host;
    case 'blob':
      return `picture ${source.sha256.slice(0, 8)}`;
  }
}
