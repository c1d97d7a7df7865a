import type { Job } from '@fovea/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { refreshCollection, useCollectionJobs } from '../api/collection-queries.ts';
import { isUnfinished, useJobAction } from '../api/job-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { formatDuration, formatNumber } from '../format.ts';
import { outcome } from '../jobs/job-row.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './jobs-line.module.css';

const DOES: Partial<Record<Job['kind'], string>> = {
  import: 'Importing',
  're-embed': 'Embedding again',
  rebuild: 'Rebuilding the index',
};
const DID: Partial<Record<Job['kind'], string>> = {
  import: 'Import',
  're-embed': 'Embedding',
  rebuild: 'Rebuilding',
};

/** Jobs at work on this collection, and how those ended that were seen at work. */
export function JobsLine({ collectionId }: { collectionId: string }) {
  const queries = useQueryClient();
  const jobs = useCollectionJobs(collectionId).data;
  const [openedAt] = useState(() => Date.now());
  const [dismissed, setDismissed] = useState<readonly string[]>([]);
  const shown = (jobs ?? []).filter(
    (job) =>
      !dismissed.includes(job.id) &&
      (isUnfinished(job) || (job.finishedAt !== null && Date.parse(job.finishedAt) > openedAt)),
  );
  // What a job does shows in the collection: from time to time, and at its end.
  const progress = shown.map(({ id, state, progress: at }) => `${id} ${state} ${at?.done ?? 0}`).join();
  useEffect(() => {
    if (progress !== '') void refreshCollection(queries, collectionId);
  }, [collectionId, progress, queries]);
  if (shown.length === 0) return null;
  return (
    <ul aria-label="Work on this collection" className={styles['jobs']}>
      {shown.map((job) => (
        <li key={job.id}>
          <JobLine job={job} onDismiss={() => setDismissed([...dismissed, job.id])} />
        </li>
      ))}
    </ul>
  );
}

function JobLine({ job, onDismiss }: { job: Job; onDismiss: () => void }) {
  const action = useJobAction(job.id);
  const { kind, progress, state, result } = job;
  const unfinished = isUnfinished(job);
  const failures = result && 'failures' in result ? result.failures : [];
  return (
    <div className={styles['job']}>
      <div className={styles['head']}>
        <strong role="status">
          {unfinished ? DOES[kind] : `${DID[kind]} ${state}`}
          {state === 'queued' && ', waiting'}
        </strong>
        <span className={styles['count']}>
          {unfinished && progress && progress.total > 0 && (
            <>
              {formatNumber(progress.done)} of {formatNumber(progress.total)}
              {progress.etaMs !== null && progress.etaMs > 0 && `, ${formatDuration(progress.etaMs)} left`}
            </>
          )}
          {outcome(job)}
        </span>
        <Link to="/jobs">All jobs</Link>
        {unfinished ? (
          <Button look="quiet" disabled={action.isPending} onClick={() => action.mutate('cancel')}>
            Cancel
          </Button>
        ) : (
          <IconButton icon="close" label="Hide this" onClick={onDismiss} />
        )}
      </div>
      {unfinished && (
        <progress
          aria-label="Progress"
          className={styles['bar']}
          {...(progress && progress.total > 0 ? { value: progress.done, max: progress.total } : {})}
        />
      )}
      {failures.length > 0 && (
        <details>
          <summary>What failed, and why</summary>
          <ul className={styles['failures']}>
            {failures.map(({ name, code, detail }) => (
              <li key={name}>
                <strong>{name}</strong> <code>{code}</code> {detail}
              </li>
            ))}
          </ul>
        </details>
      )}
      {job.error && <ProblemCard problem={toShownProblem(job.error)} />}
    </div>
  );
}
