import type { ErrorCode, Job, JobKind, Result, Task } from '@fovea/contracts';
import type { z } from 'zod';
import type { RoleDeclaration } from './application.ts';
import type { CollectionStore } from './collections.ts';
import type { Picture } from './media.ts';
import type { BlobPort, JobContext, Runtime, StageModel } from './ports.ts';
import type { Stage } from './stage.ts';
import type { VectorPort } from './vectors.ts';

/** A picture that was sent with a request, named by URL or blob, or read from a folder: bytes as they came. */
export interface SentFile {
  /** The multipart field, or `archive`, `image` … where it was named in JSON. */
  readonly field: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly name?: string;
}

/** A decoded picture with what the catalog keeps of it. */
export type OpenedFile = Picture & { readonly mime: string };

/** A file in a folder of the server. */
export interface FolderFile {
  /** Relative to the folder, with `/` between its parts. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

export interface JobSubmission {
  readonly kind: JobKind;
  /** JSON; what the work is given. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Hashes of blobs that it needs: put a moment ago, or readable by the owner. */
  readonly blobs?: readonly string[];
  /** The same id again is the same job. Default: a new one. */
  readonly id?: string;
}

/** What the operations, jobs and recurring work of a resource may ask of the house, bound to one owner. */
export interface ResourceContext {
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly runtime: Runtime;
  readonly collections: CollectionStore;
  readonly vectors: VectorPort;
  readonly blobs: BlobPort & {
    /** @throws NOT_FOUND where the owner has no reference */
    read(sha256: string): Promise<Uint8Array>;
    /** Bytes that belong to a collection's answer (a map of a match): kept for a day. */
    putAnswer(
      bytes: Uint8Array,
      options: { mime: string; collectionId: string },
    ): Promise<{ sha256: string }>;
  };
  readonly jobs: {
    submit(submission: JobSubmission): Promise<Job>;
    find(id: string): Promise<Job | null>;
  };
  /** @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA */
  openImage(bytes: Uint8Array): Promise<OpenedFile>;
  /**
   * Fetches what a request names.
   * @throws NOT_FOUND, URL_REFUSED, PAYLOAD_TOO_LARGE, INVALID_REQUEST (not base64)
   */
  fetch(source: { url: string } | { blob: string } | { base64: string }): Promise<SentFile>;
  /** The picture of a stored run, the first of its inputs, and what was found in it. @throws NOT_FOUND */
  runPicture(runId: string): Promise<{ sha256: string; name: string | null; task: Task; result: Result }>;
  /** Pictures of runs that were stored, newest first, each once; `notIn` a collection: those that are no items of it. */
  runPictures(options: { limit: number; notIn?: string }): Promise<{ sha256: string; runId: string }[]>;
  /** Those of these pictures that no stored run has (any more). */
  withoutRuns(sha256s: readonly string[]): Promise<string[]>;
  /** The newest caption of each of these pictures that has one. */
  altTexts(sha256s: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Every file below a folder of the server, in order of name.
   * @throws FORBIDDEN outside FOVEA_IMPORT_ROOTS
   */
  folder(path: string): AsyncIterable<FolderFile>;
  readFile(file: FolderFile): Promise<SentFile>;
  /** The model of a role: the one named, or the declaration's first. @throws NOT_FOUND, MODEL_MISSING, INVALID_PARAMETER (no choice of the role) */
  model(role: string, id?: string): StageModel;
  /** preprocess → runtime → postprocess with a model. */
  stage<I, P, F, O>(
    stage: Stage<I, P, F, O>,
    input: I,
    params: P,
    options: { model: StageModel },
  ): Promise<O>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What an operation is given: everything checked against its schemas. */
export interface OperationRequest<Q = unknown, B = unknown> {
  /** Parts of the path: `{ id, itemId }`. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Q;
  /** The JSON body; of a form the field `params`, which may be left out. */
  readonly body: B;
  /** Files of a form, or the raw body; those named in JSON are fetched by `context.fetch`. */
  readonly files: readonly SentFile[];
  /** `Prefer: respond-async` was sent. */
  readonly wantsJob: boolean;
}

/** An answer that is not the operation's usual one: a job, say. */
export class Accepted {
  readonly job: Job;
  constructor(job: Job) {
    this.job = job;
  }
}

/** One operation of a resource, from which host makes the REST endpoint and its OpenAPI entry. */
export interface Operation<
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  readonly name: string;
  readonly method: Method;
  /** Below /v1/<resource>: `/{id}/items`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** Default 200; 204 where there is no answer. */
  readonly status?: 200 | 201 | 202 | 204;
  readonly query?: Q;
  readonly body?: B;
  /** Fields of a form that take files; a body of pictures alone is a file of the first. */
  readonly files?: readonly string[];
  readonly answer?: A;
  /** It may answer 202 and a job. */
  readonly mayAccept?: boolean;
  readonly problems: readonly ErrorCode[];
  run(
    context: ResourceContext,
    request: OperationRequest<z.output<Q>, z.output<B>>,
  ): Promise<z.input<A> | Accepted | void>;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- run's parameters are contravariant; the host validates them
export type AnyOperation = Operation<any, any, any>;

/** Work of a resource that a job does, begun anew after a restart with the same request and the steps kept. */
export type ResourceJob = (
  context: ResourceContext & { readonly job: JobContext },
  request: Readonly<Record<string, unknown>>,
) => Promise<unknown>;

/** Work that comes again and again while the server is up; the next begins `everyMs` after the last ended. */
export interface Recurring {
  readonly name: string;
  readonly everyMs: number;
  /** It keeps up what {@link ResourceDefinition.catalogSearch} searches: not done with FOVEA_SEMANTIC_CATALOG=false. */
  readonly ofCatalogSearch?: true;
  /** Errors are logged; the next time comes. */
  run(context: ResourceContext): Promise<void>;
}

/** A picture of the catalog that a text is about, and its cosine. */
export interface CatalogHit {
  readonly sha256: string;
  readonly score: number;
}

/**
 * Something that is kept and worked with, such as collections: from this one definition the host makes the REST
 * endpoints and their OpenAPI entries, registers the jobs and begins the recurring work.
 */
export interface ResourceDefinition {
  /** The first part of its addresses: /v1/<name>. */
  readonly name: string;
  readonly title: string;
  readonly models: Readonly<Record<string, RoleDeclaration>>;
  readonly operations: readonly AnyOperation[];
  readonly jobs?: Partial<Record<JobKind, ResourceJob>>;
  readonly recurring?: readonly Recurring[];
  /** Pictures of stored runs that a text is about, the most relevant first: for `GET /v1/runs?about=`. */
  readonly catalogSearch?: (
    context: ResourceContext,
    options: { text: string; limit: number },
  ) => Promise<readonly CatalogHit[]>;
}

/** Declares an operation; types are inferred from its schemas. */
export const defineOperation = <Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
  operation: Operation<Q, B, A>,
): Operation<Q, B, A> => Object.freeze(operation);

/** Declares a resource. @throws RangeError when a name is not kebab-case, TypeError when two operations have one address */
export function defineResource(definition: ResourceDefinition): ResourceDefinition {
  if (!/^[a-z][a-z-]*$/.test(definition.name))
    throw new RangeError(`resource name "${definition.name}" must be kebab-case`);
  const addresses = new Set<string>();
  for (const { method, path } of definition.operations) {
    const address = `${method} ${path}`;
    if (addresses.has(address)) throw new TypeError(`${definition.name}: ${address} is declared twice`);
    addresses.add(address);
  }
  return Object.freeze(definition);
}
