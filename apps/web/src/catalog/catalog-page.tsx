import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { useLocation, useSearchParams } from 'react-router';
import { isCode, toShownProblem } from '../api/problem.ts';
import { useModels, useRunPages, useTasks } from '../api/queries.ts';
import { Page } from '../shell/page.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { More } from '../ui/more.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './catalog-page.module.css';
import { ExportDialog } from './export-dialog.tsx';
import { FilterBar } from './filter-bar.tsx';
import { readFilters, toRunFilter, writeFilters, type Filters } from './filters.ts';
import { RunCard, RunCardSkeleton } from './run-card.tsx';

/** Without it texts are not compared with pictures. */
const TEXT_MODEL = 'text-projection';

/** An export takes what the other filters find, in the order of time. */
function exportFilter(filters: Filters) {
  const { about: _, ...others } = filters;
  return toRunFilter(others);
}

/** `/catalog`: what was run, newest first. */
export function CatalogPage() {
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => readFilters(search), [search]);
  const tasks = useTasks().data ?? [];
  const models = useModels().data?.items ?? [];
  const setFilters = (next: Filters): void => setSearch(writeFilters(next), { replace: true, state: null });
  const [exporting, setExporting] = useState(false);
  const [refused, setRefused] = useState(false);
  const canMean =
    !refused &&
    tasks.some(({ task }) => task === 'embedding') &&
    models.some(({ id, state }) => id === TEXT_MODEL && state !== 'missing' && state !== 'disabled');
  /** The server cannot compare texts with pictures after all: words are better than nothing. */
  const toWords = (): void => {
    setRefused(true);
    const { about, ...rest } = filters;
    setFilters(about === undefined ? rest : { ...rest, q: about });
  };
  return (
    <Page
      title="Catalog"
      lead="Every run that was stored, newest first."
      aside={
        <Button icon="download" onClick={() => setExporting(true)}>
          Export
        </Button>
      }
    >
      <Notice />
      {exporting && (
        <ExportDialog
          filter={exportFilter(filters)}
          filtered={Object.keys(filters).length > 0}
          onClose={() => setExporting(false)}
        />
      )}
      <FilterBar filters={filters} tasks={tasks} models={models} canMean={canMean} onChange={setFilters} />
      <Runs filters={filters} onClear={() => setFilters({})} onNoMeaning={toWords} />
    </Page>
  );
}

/** What happened on the page before this one, e.g. a run that was deleted. */
function Notice() {
  const state = useLocation().state as { notice?: string } | null;
  return (
    <p role="status" className={state?.notice ? styles['notice'] : 'visually-hidden'}>
      {state?.notice}
    </p>
  );
}

interface RunsProps {
  filters: Filters;
  onClear: () => void;
  /** The server refused to search by meaning. */
  onNoMeaning: () => void;
}

function Runs({ filters, onClear, onNoMeaning }: RunsProps) {
  const filter = useMemo(() => toRunFilter(filters), [filters]);
  const pages = useRunPages(filter);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const more = () => void fetchNextPage();
  const refused =
    filters.about !== undefined &&
    (isCode(pages.error, 'MODEL_MISSING') || isCode(pages.error, 'NOT_IMPLEMENTED'));
  const onRefused = useEffectEvent(onNoMeaning);
  useEffect(() => {
    if (refused) onRefused();
  }, [refused]);

  if (pages.isError && !pages.data)
    return (
      <ProblemCard
        problem={toShownProblem(pages.error)}
        action={
          <Button icon="replay" onClick={() => void pages.refetch()}>
            Try again
          </Button>
        }
      />
    );
  const runs = pages.data?.pages.flatMap((page) =>
    page.items.map((envelope, at) => ({
      envelope,
      relevance: page.scores?.[at],
      altText: page.altTexts?.[Object.values(envelope.inputs)[0]?.sha256 ?? ''],
    })),
  );
  if (runs?.length === 0) return <Nothing filtered={Object.keys(filters).length > 0} onClear={onClear} />;
  return (
    <>
      <ul aria-label="Runs" aria-busy={!runs || isFetchingNextPage} className={styles['grid']}>
        {runs?.map((run) => (
          <li key={run.envelope.run.id}>
            <RunCard {...run} />
          </li>
        ))}
        {(!runs || isFetchingNextPage) &&
          Array.from({ length: runs ? 5 : 15 }, (_, index) => (
            <li key={`skeleton ${index}`} aria-hidden="true">
              <RunCardSkeleton />
            </li>
          ))}
      </ul>
      {pages.isFetchNextPageError && <ProblemCard problem={toShownProblem(pages.error)} />}
      {hasNextPage && (
        <More disabled={isFetchingNextPage} failed={pages.isFetchNextPageError} onMore={more} />
      )}
    </>
  );
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered)
    return (
      <Empty icon="search" title="No run matches these filters">
        <Button onClick={onClear}>Clear all filters</Button>
      </Empty>
    );
  return (
    <Empty icon="image" title="Nothing has been run yet">
      <p>Every run of the Studio, the API, the CLI and the SDK is stored here.</p>
      <ButtonLink to="/" look="primary">
        Open the Studio
      </ButtonLink>
    </Empty>
  );
}
