import type { Job, JobState } from '@fovea/contracts';
import { isUnfinished, useJobAction } from '../api/job-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { formatAgo, formatDate, formatDuration, formatNumber, humanize, shortId } from '../format.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './job-row.module.css';

const TONES: Readonly<Record<JobState, Tone>> = {
  queued: 'neutral',
  active: 'accent',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
};

/** One job: what it does, how far it is, and what came out. */
export function JobRow({ job }: { job: Job }) {
  const action = useJobAction(job.id);
  const unfinished = isUnfinished(job);
  return (
    <li className={styles['row']}>
      <div className={styles['head']}>
        <h2 className={styles['title']}>{titleOf(job)}</h2>
        <Badge tone={TONES[job.state]}>{humanize(job.state)}</Badge>
        <div className={styles['actions']}>
          <ResultLink job={job} />
          {(job.state === 'failed' || job.state === 'cancelled') && (
            <Button icon="replay" disabled={action.isPending} onClick={() => action.mutate('retry')}>
              Again
            </Button>
          )}
          <Button
            look={unfinished ? 'plain' : 'quiet'}
            icon={unfinished ? 'close' : 'trash'}
            disabled={action.isPending}
            onClick={() => action.mutate('cancel')}
            aria-label={`${unfinished ? 'Cancel' : 'Remove'} job ${shortId(job.id)}`}
          >
            {unfinished ? 'Cancel' : 'Remove'}
          </Button>
        </div>
      </div>
      {job.state === 'active' && <Progress job={job} />}
      <p className={styles['meta']}>
        <span>{describeRequest(job)}</span>
        <time dateTime={job.createdAt} title={formatDate(job.createdAt)}>
          {formatAgo(job.createdAt)}
        </time>
        {job.startedAt && job.finishedAt && (
          <span>took {formatDuration(Date.parse(job.finishedAt) - Date.parse(job.startedAt))}</span>
        )}
        {job.attempts > 1 && <span>begun {job.attempts} times</span>}
      </p>
      {job.error && <ProblemCard problem={toShownProblem(job.error)} />}
      {action.isError && <ProblemCard problem={toShownProblem(action.error)} />}
    </li>
  );
}

function titleOf({ kind, task }: Job): string {
  switch (kind) {
    case 'evaluation':
      return `Evaluation of ${humanize(task).toLowerCase()}`;
    case 'import':
      return 'Import into a collection';
    case 're-embed':
      return 'Embedding a collection again';
    case 'rebuild':
      return 'Rebuilding the index of a collection';
    case 'run':
      return humanize(task);
  }
}

/** The model and, for an evaluation or an import, where the pictures are, as they were asked for. */
function describeRequest({ request }: Job): string {
  const dataset = request['dataset'] as { format?: string; folder?: string } | undefined;
  const text = (name: string): string | undefined =>
    typeof request[name] === 'string' ? request[name] : undefined;
  const from = request['from'] as { type?: string; folder?: string } | undefined;
  return [
    dataset && `${dataset.format}: ${dataset.folder}`,
    from && (from.folder ?? from.type),
    text('model'),
  ]
    .filter(Boolean)
    .join(' · ');
}

function Progress({ job: { progress } }: { job: Job }) {
  if (!progress || progress.total === 0)
    return <progress className={styles['bar']} aria-label="Progress, not yet known" />;
  const { done, total, unit, etaMs } = progress;
  const text = `${formatNumber(done)} of ${formatNumber(total)} ${unit}`;
  return (
    <div className={styles['progress']}>
      <progress className={styles['bar']} value={done} max={total} aria-label="Progress" />
      <span>
        {text}
        {etaMs !== null && etaMs > 0 && `, ${formatDuration(etaMs)} left`}
      </span>
    </div>
  );
}

/** What came of work on a collection, in a few words; empty while it goes on. */
export function outcome({ result }: Job): string {
  if (!result) return '';
  if ('added' in result)
    return [
      `${formatNumber(result.added)} added`,
      result.existing > 0 && `${formatNumber(result.existing)} were there`,
      result.failed > 0 && `${formatNumber(result.failed)} failed`,
      result.skipped > 0 && `${formatNumber(result.skipped)} were no pictures`,
    ]
      .filter(Boolean)
      .join(', ');
  if ('embedded' in result) return `${formatNumber(result.embedded)} pictures embedded`;
  if ('indexes' in result)
    return result.indexes.every(({ ok }) => ok) ? 'The index equals the catalog' : 'The index differs';
  return '';
}

/** The collection that a job works on. */
export function collectionOf({ result, request }: Job): string | undefined {
  if (result && 'collectionId' in result) return result.collectionId;
  const { collectionId } = request;
  return typeof collectionId === 'string' ? collectionId : undefined;
}

function ResultLink({ job }: { job: Job }) {
  const { kind, task, state, result, progress } = job;
  if (result && 'evaluationId' in result)
    return (
      <ButtonLink to={`/evaluations/${result.evaluationId}`} look="primary">
        Open the report
      </ButtonLink>
    );
  if (result && 'run' in result)
    return <ButtonLink to={`/catalog/${result.run.id}`}>Open the run</ButtonLink>;
  const collectionId = collectionOf(job);
  if (collectionId !== undefined)
    return (
      <>
        <span className={styles['count']}>{outcome(job)}</span>
        <ButtonLink to={`/collections/${collectionId}`}>Open the collection</ButtonLink>
      </>
    );
  if (kind !== 'run' || state !== 'completed' || (result && !('runs' in result))) return null;
  // The list leaves long results out; how far a job came it always says.
  const count = result ? result.runs.length : (progress?.total ?? 0);
  const failed = result ? result.runs.filter((one) => !('run' in one)).length : 0;
  return (
    <>
      <span className={styles['count']}>
        {formatNumber(count)} pictures{failed > 0 && `, ${formatNumber(failed)} failed`}
      </span>
      <ButtonLink to={`/catalog?task=${task}`}>In the catalog</ButtonLink>
    </>
  );
}
