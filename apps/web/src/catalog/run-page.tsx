import type { RunEnvelope } from '@fovea/contracts';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { toShownProblem } from '../api/problem.ts';
import { useDeleteRun, useReplay, useRun } from '../api/queries.ts';
import { formatDate, humanize, shortId } from '../format.ts';
import { headline } from '../results/headline.ts';
import { AttendedProvider } from '../results/attended.tsx';
import { Attachments } from '../results/attachments.tsx';
import { Downloads } from '../results/downloads.tsx';
import { Picture } from '../results/picture.tsx';
import { ResultView } from '../results/result-view.tsx';
import { TimingBar } from '../results/timing-bar.tsx';
import { useExplorer } from '../results/use-explorer.ts';
import { BackLink, Page } from '../shell/page.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { Provenance } from './provenance.tsx';
import { ReplayPanel } from './replay-panel.tsx';
import styles from './run-page.module.css';

/** `/catalog/:id`: one run, where it came from, and what can be done with it. */
export function RunPage() {
  const { id = '' } = useParams();
  const run = useRun(id);
  if (run.isError)
    return (
      <Page title="Run" above={<BackLink to="/catalog">Catalog</BackLink>}>
        <ProblemCard
          problem={toShownProblem(run.error)}
          action={
            <Button icon="replay" onClick={() => void run.refetch()}>
              Try again
            </Button>
          }
        />
      </Page>
    );
  if (!run.data)
    return (
      <Page
        title="Run"
        above={<BackLink to="/catalog">Catalog</BackLink>}
        lead={<Skeleton width="18rem" height="1.3em" />}
      >
        <div className={styles['run']} aria-busy="true">
          <Skeleton className={styles['stage']} height="auto" />
          <Skeleton height="30rem" />
        </div>
      </Page>
    );
  return (
    <AttendedProvider>
      <Shown key={id} envelope={run.data} />
    </AttendedProvider>
  );
}

function Shown({ envelope }: { envelope: RunEnvelope }) {
  const { run, inputs, result, links } = envelope;
  const [deleting, setDeleting] = useState(false);
  const [overlay, setOverlay] = useState(true);
  const explorer = useExplorer(envelope);
  const navigate = useNavigate();
  const deletion = useDeleteRun(run.id);
  const replay = useReplay(run.id);
  const input = Object.values(inputs)[0];
  const size = input?.width && input.height ? { width: input.width, height: input.height } : undefined;

  const remove = (): void =>
    deletion.mutate(undefined, {
      onSuccess: () =>
        void navigate('/catalog', { state: { notice: `Run ${shortId(run.id)} was deleted.` } }),
    });

  return (
    <Page
      title={headline(result).text}
      above={<BackLink to="/catalog">Catalog</BackLink>}
      lead={`${humanize(run.task)}, ${formatDate(run.createdAt)}`}
      aside={
        <>
          {links.input && input && (
            <ButtonLink icon="play" to={`/studio/${run.task}?blob=${input.sha256}`}>
              Open in Studio
            </ButtonLink>
          )}
          {links.input && input && result.kind === 'text' && (
            <ButtonLink icon="question" to={`/ask?picture=${input.sha256}`}>
              Ask about it
            </ButtonLink>
          )}
          <Button icon="replay" disabled={replay.isPending} onClick={() => replay.mutate(undefined)}>
            {replay.isPending ? 'Replaying' : 'Replay'}
          </Button>
          <Button icon="trash" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        </>
      }
    >
      <ReplayPanel replay={replay} />
      <div className={styles['run']}>
        <div className={styles['stage']}>
          <Picture
            url={links.input}
            alt={`Input of the run: ${headline(result).text}`}
            size={size}
            result={overlay ? result : undefined}
            explorer={explorer}
            missing="The picture was not kept (FOVEA_KEEP_INPUTS). Its hash is below."
          />
        </div>
        <Panel
          title="Result"
          aside={
            links.input && (
              <label className={styles['toggle']}>
                <input
                  type="checkbox"
                  checked={overlay}
                  onChange={(event) => setOverlay(event.target.checked)}
                />
                Overlay
              </label>
            )
          }
        >
          <ResultView result={result} explorer={explorer} attachments={envelope.attachments} />
          <Attachments envelope={envelope} />
          <TimingBar timings={run.timings} />
          <Downloads envelope={envelope} explorer={explorer} picture={links.input} />
        </Panel>
      </div>
      <Provenance envelope={envelope} />
      {deleting && (
        <DeleteDialog
          hasInput={links.input !== undefined}
          pending={deletion.isPending}
          problem={deletion.isError ? toShownProblem(deletion.error) : undefined}
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        />
      )}
    </Page>
  );
}
