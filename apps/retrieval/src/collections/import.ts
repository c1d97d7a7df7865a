import type { JobSubmission, ResourceContext, ResourceJob } from '@fovea/application';
import { VisionError, type ImportReport, type Job, type Metadata } from '@fovea/contracts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { addPictures, type Outcome } from './add-pictures.ts';
import {
  filesOfArchive,
  filesOfFolder,
  filesOfPictures,
  filesOfRuns,
  SentPicture,
  type ImportFile,
  type ImportList,
} from './import-files.ts';
import { noCollection } from './need.ts';

const MAX_FAILURES = 100;
/** Pictures that are embedded, then added in one commit. */
const BATCH = 8;

const Request = z.object({
  collectionId: z.uuid(),
  metadata: z.record(z.string(), z.json()),
  from: z.discriminatedUnion('type', [
    z.object({ type: z.literal('folder'), folder: z.string() }),
    z.object({ type: z.literal('archive'), archive: z.string() }),
    // Long lists are a blob: the request is shown with the job.
    z.object({ type: z.literal('pictures'), list: z.string(), count: z.int() }),
    z.object({ type: z.literal('runs'), list: z.string(), count: z.int() }),
  ]),
});
type Request = z.infer<typeof Request>;

/** What is to be imported: bytes are blobs already. */
export type ImportOrder =
  | { readonly type: 'folder'; readonly folder: string }
  | { readonly type: 'archive'; readonly archive: string }
  | { readonly type: 'pictures'; readonly pictures: readonly SentPicture[] }
  | { readonly type: 'runs'; readonly runs: readonly string[] };

/** Begins an import. */
export async function submitImport(
  { blobs, jobs }: Pick<ResourceContext, 'blobs' | 'jobs'>,
  collectionId: string,
  { order, metadata = {} }: { order: ImportOrder; metadata?: Metadata | undefined },
): Promise<Job> {
  const submit = (from: Request['from'], needed: readonly string[]): Promise<Job> => {
    const request: Request = { collectionId, metadata, from };
    return jobs.submit({ kind: 'import', request, blobs: needed } satisfies JobSubmission);
  };
  const keep = async (list: readonly unknown[]): Promise<string> =>
    (await blobs.put(new TextEncoder().encode(JSON.stringify(list)), 'application/json')).sha256;
  switch (order.type) {
    case 'folder':
      return submit(order, []);
    case 'archive':
      return submit(order, [order.archive]);
    case 'runs': {
      const list = await keep(order.runs);
      return submit({ type: 'runs', list, count: order.runs.length }, [list]);
    }
    case 'pictures': {
      const list = await keep(order.pictures);
      const needed = [list, ...new Set(order.pictures.map(({ sha256 }) => sha256))];
      return submit({ type: 'pictures', list, count: order.pictures.length }, needed);
    }
  }
}

/** What became of a file, as the job remembers it. */
const Step = z.union([z.enum(['added', 'existing']), z.object({ code: z.string(), detail: z.string() })]);
type Step = z.infer<typeof Step>;

/** The job: pictures of an archive, a folder or stored runs, one batch after the other; what was done is not done again. */
export const importPictures: ResourceJob = async (context, request): Promise<ImportReport> => {
  const { collectionId, metadata, from } = Request.parse(request);
  const { job, collections, owner } = context;
  if (!(await collections.get(owner, collectionId))) throw noCollection(collectionId);
  const { files, skipped } = await filesOf(context, from);
  const steps = new Map<string, Step>();
  for (const [key, value] of await job.steps.all()) steps.set(key, Step.parse(value));

  const waiting = files.filter(({ key }) => !steps.has(key));
  let done = files.length - waiting.length;
  const tell = () => job.progress(done, files.length, 'images');
  tell();
  for (let at = 0; at < waiting.length; at += BATCH) {
    job.signal.throwIfAborted();
    const batch = waiting.slice(at, at + BATCH);
    const outcomes = await addPictures(
      context,
      collectionId,
      batch.map((file) => toPicture(file, { metadata, jobId: job.id })),
    );
    await Promise.all(
      batch.map(({ key }, index) => {
        const step = stepOf(outcomes[index] as Outcome);
        steps.set(key, step);
        return job.steps.put(key, step);
      }),
    );
    done += batch.length;
    tell();
  }
  return report({ collectionId, files, steps, skipped });
};

/** @throws NOT_FOUND, FORBIDDEN, MEDIA_CORRUPT, UNSUPPORTED_MEDIA, PAYLOAD_TOO_LARGE */
async function filesOf(context: ResourceContext, from: Request['from']): Promise<ImportList> {
  const listOf = async <T>(list: string, schema: z.ZodType<T>): Promise<T[]> =>
    z.array(schema).parse(JSON.parse(new TextDecoder().decode(await context.blobs.read(list))));
  switch (from.type) {
    case 'folder':
      return filesOfFolder(context, from.folder);
    case 'archive':
      return filesOfArchive(context, from.archive);
    case 'runs':
      return filesOfRuns(context, await listOf(from.list, z.string()));
    case 'pictures':
      return filesOfPictures(context, await listOf(from.list, SentPicture));
  }
}

const stepOf = (outcome: Outcome): Step =>
  outcome instanceof VisionError
    ? { code: outcome.code, detail: outcome.message }
    : outcome.existing
      ? 'existing'
      : 'added';

const toPicture = (
  { key, read, name, metadata: own, runId }: ImportFile,
  { metadata, jobId }: { metadata: Metadata; jobId: string },
) => ({
  // Always the same: killed between the commit and the step, the job knows its own items again.
  id: uuidOf(`${jobId} ${key}`),
  name,
  runId: runId ?? null,
  read,
  metadata: { ...metadata, ...own },
});

/** A UUID (version 8, RFC 9562) that the text determines. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function report(options: {
  collectionId: string;
  files: readonly ImportFile[];
  steps: ReadonlyMap<string, Step>;
  skipped: number;
}): ImportReport {
  const { collectionId, files, steps, skipped } = options;
  const all = files.map(({ key, label }) => ({ name: label, step: steps.get(key) as Step }));
  const failures = all.flatMap(({ name, step }) => (typeof step === 'string' ? [] : [{ name, ...step }]));
  return {
    collectionId,
    added: all.filter(({ step }) => step === 'added').length,
    existing: all.filter(({ step }) => step === 'existing').length,
    failed: failures.length,
    skipped,
    failures: failures.slice(0, MAX_FAILURES),
  };
}
