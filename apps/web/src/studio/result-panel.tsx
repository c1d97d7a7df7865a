import { assertUnreachable, type RunEnvelope } from '@fovea/contracts';
import { Link } from 'react-router';
import { Attachments } from '../results/attachments.tsx';
import { Downloads } from '../results/downloads.tsx';
import { ResultView } from '../results/result-view.tsx';
import { TimingBar } from '../results/timing-bar.tsx';
import type { Explorer } from '../results/use-explorer.ts';
import { formatMs, shortId } from '../format.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Elapsed } from './elapsed.tsx';
import styles from './result-panel.module.css';
import type { StudioItem } from './use-runs.ts';

interface ResultPanelProps {
  item: StudioItem | undefined;
  explorer: Explorer | undefined;
  onCancel: () => void;
  onRun: () => void;
}

/** The answer, or how far it is. */
export function ResultPanel({ item, explorer, onCancel, onRun }: ResultPanelProps) {
  const running = item?.state.status === 'running' || item?.state.status === 'waiting';
  return (
    <Panel
      title="Result"
      className={styles['panel']}
      aside={
        running && (
          <span className={styles['progress']}>
            {item.state.status === 'running' && <Elapsed startedAt={item.state.startedAt} />}
            <Button look="quiet" icon="close" onClick={onCancel}>
              Cancel
            </Button>
          </span>
        )
      }
    >
      <Body item={item} explorer={explorer} onRun={onRun} />
    </Panel>
  );
}

function Body({ item, explorer, onRun }: Omit<ResultPanelProps, 'onCancel'>) {
  if (!item) return <Placeholder text="The answer appears here." />;
  const { state } = item;
  switch (state.status) {
    case 'idle':
      return <Placeholder text="Press Run, or Enter." />;
    case 'waiting':
    case 'running':
      return <Waiting />;
    case 'cancelled':
      return (
        <div className={styles['stack']}>
          <p className={styles['muted']}>Cancelled. Nothing was stored.</p>
          <Button icon="replay" onClick={onRun}>
            Run again
          </Button>
        </div>
      );
    case 'failed':
      return (
        <ProblemCard
          problem={state.problem}
          action={
            <Button icon="replay" onClick={onRun}>
              Try again
            </Button>
          }
        />
      );
    case 'done':
      return (
        <Done
          envelope={state.envelope}
          explorer={explorer}
          elapsedMs={state.elapsedMs}
          picture={item.preview ?? state.envelope.links.input}
        />
      );
    default:
      return assertUnreachable(state);
  }
}

function Placeholder({ text }: { text: string }) {
  return (
    <div className={styles['placeholder']}>
      {[82, 46, 30, 18].map((width) => (
        <span key={width} aria-hidden="true" style={{ width: `${width}%` }} />
      ))}
      <p className={styles['muted']}>{text}</p>
    </div>
  );
}

function Waiting() {
  return (
    <div className={styles['stack']} aria-busy="true">
      {[72, 54, 60, 40, 48].map((width) => (
        <Skeleton key={width} width={`${width}%`} height="1.75rem" />
      ))}
    </div>
  );
}

interface DoneProps {
  envelope: RunEnvelope;
  explorer: Explorer | undefined;
  elapsedMs: number;
  picture: string | undefined;
}

function Done({ envelope, explorer, elapsedMs, picture }: DoneProps) {
  const { run, result, links } = envelope;
  return (
    <div className={styles['stack']}>
      <ResultView result={result} explorer={explorer} attachments={envelope.attachments} />
      <Attachments envelope={envelope} />
      <TimingBar timings={run.timings} />
      <div className={styles['facts']}>
        <Badge>{run.models[0]?.id}</Badge>
        <Badge>{run.device}</Badge>
        {run.batchSize > 1 && <Badge>batch of {run.batchSize}</Badge>}
        <span className={styles['muted']}>{formatMs(elapsedMs)} as this page waited</span>
      </div>
      <Downloads envelope={envelope} explorer={explorer} picture={picture} />
      {links.self && (
        <p className={styles['run']}>
          Stored as <Link to={`/catalog/${run.id}`}>run {shortId(run.id)}</Link>
        </p>
      )}
    </div>
  );
}
