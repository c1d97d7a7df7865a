import { JOB_STATES, type JobState } from '@fovea/contracts';
import { useSearchParams } from 'react-router';
import { useJobPages } from '../api/job-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { humanize } from '../format.ts';
import { Page } from '../shell/page.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import field from '../ui/field.module.css';
import { JobRow } from './job-row.tsx';
import styles from './jobs-page.module.css';

const readState = (text: string | null): JobState | undefined => JOB_STATES.find((state) => state === text);

/** `/jobs`: long work, with its progress. */
export function JobsPage() {
  const [search, setSearch] = useSearchParams();
  const state = readState(search.get('state'));
  const jobs = useJobPages(state);
  const items = jobs.data?.pages.flatMap((page) => page.items);
  return (
    <Page
      title="Jobs"
      lead="Long work goes on without this page, and after a restart where it was."
      aside={
        <label className={styles['filter']}>
          <span className="visually-hidden">State</span>
          <select
            className={field['input']}
            value={state ?? ''}
            onChange={({ target }) =>
              setSearch(target.value ? { state: target.value } : {}, { replace: true })
            }
          >
            <option value="">All states</option>
            {JOB_STATES.map((each) => (
              <option key={each} value={each}>
                {humanize(each)}
              </option>
            ))}
          </select>
        </label>
      }
    >
      {jobs.isError && !items && (
        <ProblemCard
          problem={toShownProblem(jobs.error)}
          action={
            <Button icon="replay" onClick={() => void jobs.refetch()}>
              Try again
            </Button>
          }
        />
      )}
      {!items && !jobs.isError && (
        <div aria-busy="true" className={styles['list']}>
          <Skeleton height="5.5rem" />
          <Skeleton height="5.5rem" />
        </div>
      )}
      {items?.length === 0 && (
        <Empty icon="clock" title={state ? `No job is ${state}` : 'No jobs yet'}>
          <p>
            An evaluation is a job, and so is any run sent with <code>Prefer: respond-async</code> or{' '}
            <code>POST /v1/jobs</code>.
          </p>
          <ButtonLink to="/evaluations" look="primary">
            Evaluate a model
          </ButtonLink>
        </Empty>
      )}
      {items && items.length > 0 && (
        <ul aria-label="Jobs" className={styles['list']}>
          {items.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </ul>
      )}
      {jobs.hasNextPage && (
        <Button disabled={jobs.isFetchingNextPage} onClick={() => void jobs.fetchNextPage()}>
          {jobs.isFetchingNextPage ? 'Loading' : 'Load more'}
        </Button>
      )}
    </Page>
  );
}
