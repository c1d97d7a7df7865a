import type { EvaluationSummary } from '@fovea/contracts';
import { useState } from 'react';
import { Link } from 'react-router';
import { useEvaluationPages } from '../api/job-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { formatAgo, formatDate, formatDuration, formatNumber, humanize } from '../format.ts';
import { Page } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import table from '../ui/table.module.css';
import { figureText } from './figures.ts';
import { StartDialog } from './start-dialog.tsx';

/** `/evaluations`: what models were measured at, newest first. */
export function EvaluationsPage() {
  const evaluations = useEvaluationPages();
  const [starting, setStarting] = useState(false);
  const items = evaluations.data?.pages.flatMap((page) => page.items);
  const start = (
    <Button look="primary" icon="chart" onClick={() => setStarting(true)}>
      New evaluation
    </Button>
  );
  return (
    <Page
      title="Evaluations"
      lead="How good a model is, measured on labelled pictures: figures, curves, and the pictures that went worst."
      aside={items && items.length > 0 ? start : undefined}
    >
      {starting && <StartDialog onClose={() => setStarting(false)} />}
      {evaluations.isError && !items && (
        <ProblemCard
          problem={toShownProblem(evaluations.error)}
          action={
            <Button icon="replay" onClick={() => void evaluations.refetch()}>
              Try again
            </Button>
          }
        />
      )}
      {!items && !evaluations.isError && <Skeleton height="12rem" />}
      {items?.length === 0 && (
        <Empty icon="chart" title="Nothing has been measured yet">
          <p>
            Or on the command line: <code>npm run fovea -- evaluate detection --dataset coco:FOLDER</code>
          </p>
          {start}
        </Empty>
      )}
      {items && items.length > 0 && <EvaluationTable items={items} />}
      {evaluations.hasNextPage && (
        <Button disabled={evaluations.isFetchingNextPage} onClick={() => void evaluations.fetchNextPage()}>
          {evaluations.isFetchingNextPage ? 'Loading' : 'Load more'}
        </Button>
      )}
    </Page>
  );
}

function EvaluationTable({ items }: { items: readonly EvaluationSummary[] }) {
  return (
    <div className={table['scroll']} role="region" tabIndex={0} aria-label="Evaluations">
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Task and model</th>
            <th scope="col">Data set</th>
            <th scope="col" className={table['number']}>
              Pictures
            </th>
            <th scope="col" className={table['number']}>
              Result
            </th>
            <th scope="col" className={table['number']}>
              Took
            </th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => {
            const [headline] = item.figures;
            return (
              <tr key={item.id}>
                <th scope="row">
                  <Link to={`/evaluations/${item.id}`}>{humanize(item.task)}</Link>
                  <span className={table['sub']}>{item.models[0]?.id}</span>
                </th>
                <td>
                  {item.dataset.name}
                  <span className={table['sub']}>
                    {item.dataset.format}
                    {item.dataset.subset === 'all' ? '' : `, ${item.dataset.subset}`}
                  </span>
                </td>
                <td className={table['number']}>{formatNumber(item.dataset.images)}</td>
                <td className={table['number']}>
                  {headline && (
                    <>
                      <strong>{figureText(headline.value)}</strong>
                      <span className={table['sub']}>{headline.name}</span>
                    </>
                  )}
                </td>
                <td className={table['number']}>{formatDuration(item.durationMs)}</td>
                <td>
                  <time dateTime={item.createdAt} title={formatDate(item.createdAt)}>
                    {formatAgo(item.createdAt)}
                  </time>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
