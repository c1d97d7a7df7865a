import type { ResourceContext } from '@fovea/application';
import type { Metadata, Result } from '@fovea/contracts';
import { SKELETON_LABELS } from '@fovea/contracts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { NewPicture } from './add-pictures.ts';
import { openArchive } from './archive.ts';
import { isPictureName } from './picture-names.ts';

/** A picture of an import, under a key that is the same after a restart. */
export interface ImportFile extends Omit<NewPicture, 'id' | 'metadata' | 'runId'> {
  readonly key: string;
  /** What it is called where it fails. */
  readonly label: string;
  /** Beside the metadata of all. */
  readonly metadata?: Metadata;
  readonly runId?: string;
}
export interface ImportList {
  readonly files: readonly ImportFile[];
  readonly skipped: number;
}

/** A picture that was sent with the request, kept as a blob. */
export const SentPicture = z.object({
  sha256: z.string(),
  name: z.string().nullable(),
  metadata: z.record(z.string(), z.json()).optional(),
});
export type SentPicture = z.infer<typeof SentPicture>;

type Source = Pick<ResourceContext, 'blobs'>;

/** @param pictures what was sent, in its order */
export const filesOfPictures = ({ blobs }: Source, pictures: readonly SentPicture[]): ImportList => ({
  files: pictures.map(({ sha256, name, metadata }, index) => ({
    key: `picture:${index}`,
    label: name ?? `picture ${index + 1}`,
    name,
    ...(metadata ? { metadata } : {}),
    read: async () => ({ bytes: await blobs.read(sha256), sha256 }),
  })),
  skipped: 0,
});

/** @throws what {@link openArchive} throws, NOT_FOUND */
export async function filesOfArchive({ blobs }: Source, sha256: string): Promise<ImportList> {
  const all = await openArchive(await blobs.read(sha256));
  const files = all
    .map((file, index) => ({ file, index }))
    .filter(({ file }) => isPictureName(file.name))
    .map(
      // Two files of an archive may have one name.
      ({ file, index }): ImportFile => ({
        key: `file:${index}`,
        label: file.name,
        name: file.name,
        read: async () => {
          const bytes = await file.read();
          return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
        },
      }),
    );
  return { files, skipped: all.length - files.length };
}

/** @throws FORBIDDEN, NOT_FOUND */
export async function filesOfFolder(
  context: Pick<ResourceContext, 'folder' | 'readFile' | 'signal'>,
  path: string,
): Promise<ImportList> {
  const files: ImportFile[] = [];
  let skipped = 0;
  for await (const file of context.folder(path)) {
    context.signal.throwIfAborted();
    if (isPictureName(file.name))
      files.push({
        key: `file:${file.name}`,
        label: file.name,
        name: file.name,
        read: () => context.readFile(file),
      });
    else skipped++;
  }
  return { files, skipped };
}

/** The pictures of stored runs; their metadata says what was found in them. */
export const filesOfRuns = (
  { blobs, runPicture }: Pick<ResourceContext, 'blobs' | 'runPicture'>,
  runs: readonly string[],
): ImportList => ({
  files: [...new Set(runs)].map((runId) => ({
    key: `run:${runId}`,
    label: `run ${runId}`,
    name: null,
    runId,
    read: async () => {
      const { sha256, task, result } = await runPicture(runId);
      return { bytes: await blobs.read(sha256), sha256, metadata: { task, labels: labelsOf(result) } };
    },
  })),
  skipped: 0,
});

const MAX_LABELS = 10;

/** What was found, by name, each once, the first ten. */
export function labelsOf(result: Result): string[] {
  const names = ((): string[] => {
    switch (result.kind) {
      case 'labels':
      case 'audio-labels':
        return result.labels.map(({ label }) => label);
      case 'boxes':
      case 'tracks':
        return result.items.map(({ label }) => label);
      case 'masks':
        return result.classes.map(({ label }) => label);
      case 'keypoints':
        return result.items.map(() => SKELETON_LABELS[result.skeleton]);
      case 'image':
      case 'text':
      case 'matches':
      case 'heatmap':
      case 'vector':
      case 'maps':
        return [];
    }
  })();
  return [...new Set(names)].slice(0, MAX_LABELS);
}
