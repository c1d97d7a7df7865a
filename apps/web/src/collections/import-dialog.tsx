import type { Job } from '@fovea/contracts';
import { useState, type FormEvent } from 'react';
import { useStartJob } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import field from '../ui/field.module.css';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './forms.module.css';

const KINDS = {
  archive: ['A ZIP', 'A file of this computer with pictures in it, in folders or not.'],
  folder: ['A folder on the server', 'Every picture below it. It must lie under FOVEA_IMPORT_ROOTS.'],
  runs: ['The catalog', 'The pictures of the newest stored runs.'],
} as const;
type Kind = keyof typeof KINDS;

type Import =
  { kind: 'archive'; file: File } | { kind: 'folder'; folder: string } | { kind: 'runs'; count: number };

/** Brings many pictures at once, as a job. */
export function ImportDialog({ collectionId, onClose }: { collectionId: string; onClose: () => void }) {
  const { fovea } = useSession();
  const [kind, setKind] = useState<Kind>('archive');
  const start = useStartJob(collectionId, async (input: Import): Promise<Job> => {
    switch (input.kind) {
      case 'archive':
        return fovea.collections.importArchive(collectionId, input.file);
      case 'folder':
        return fovea.collections.importFolder(collectionId, input.folder);
      case 'runs': {
        const runs: string[] = [];
        for await (const { run } of fovea.runs.all({ limit: 200 })) {
          if (runs.length >= input.count) break;
          runs.push(run.id);
        }
        return fovea.collections.importRuns(collectionId, runs);
      }
    }
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const file = data.get('archive');
    const input: Import =
      kind === 'archive' && file instanceof File
        ? { kind, file }
        : kind === 'runs'
          ? { kind, count: Number(data.get('count')) }
          : { kind: 'folder', folder: String(data.get('folder') ?? '').trim() };
    start.mutate(input, { onSuccess: onClose });
  };
  return (
    <Dialog
      title="Import pictures"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="import-pictures" disabled={start.isPending}>
            {start.isPending ? 'Sending' : 'Import'}
          </Button>
        </>
      }
    >
      <form id="import-pictures" className={styles['form']} onSubmit={submit}>
        <fieldset className={styles['choices']}>
          <legend>From</legend>
          {(Object.keys(KINDS) as Kind[]).map((name) => (
            <label key={name} className={styles['choice']}>
              <input type="radio" name="kind" checked={kind === name} onChange={() => setKind(name)} />
              <span>
                <strong>{KINDS[name][0]}</strong>
                <span className={field['note']}>{KINDS[name][1]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {kind === 'archive' && (
          <label className={field['field']}>
            ZIP file
            <input name="archive" type="file" accept=".zip,application/zip" required />
          </label>
        )}
        {kind === 'folder' && (
          <label className={field['field']}>
            Folder on the server
            <input
              className={field['input']}
              name="folder"
              required
              placeholder="/data/pictures"
              spellCheck={false}
              autoComplete="off"
            />
          </label>
        )}
        {kind === 'runs' && (
          <label className={field['field']}>
            Runs at most
            <input
              className={field['input']}
              name="count"
              type="number"
              min={1}
              max={100_000}
              defaultValue={1000}
              required
            />
          </label>
        )}
        <p className={field['note']}>
          A picture that is there already stays one. The import goes on without this page.
        </p>
      </form>
      {start.isError && <ProblemCard problem={toShownProblem(start.error)} />}
    </Dialog>
  );
}
