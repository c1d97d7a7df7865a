import type { ReplayEnvelope, Result } from '@fovea/contracts';
import { Link } from 'react-router';
import { isCode, toShownProblem } from '../api/problem.ts';
import type { useReplay } from '../api/queries.ts';
import { formatScore, shortId } from '../format.ts';
import { headline } from '../results/headline.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './replay-panel.module.css';

/** What running it again found: the same, or what differs. */
export function ReplayPanel({ replay }: { replay: ReturnType<typeof useReplay> }) {
  return (
    <div role="status">
      {replay.isError && (
        <ProblemCard
          problem={toShownProblem(replay.error)}
          action={
            isCode(replay.error, 'MODEL_CHANGED') && (
              <Button icon="replay" onClick={() => replay.mutate('current')}>
                Replay with the model of today
              </Button>
            )
          }
        />
      )}
      {replay.isSuccess && <Difference envelope={replay.data} />}
    </div>
  );
}

function Difference({ envelope: { original, replay, difference } }: { envelope: ReplayEnvelope }) {
  const { same, maxScoreDelta, changes } = difference;
  const rows = compare(original.result, replay.result);
  return (
    <Panel
      title="Replay"
      aside={same ? <Badge tone="good">Same result</Badge> : <Badge tone="warn">Different result</Badge>}
    >
      <p>
        {same
          ? 'Running it again gave the same labels in the same order'
          : 'Running it again gave something else'}
        {maxScoreDelta !== null && `; the largest change of a score is ${maxScoreDelta.toFixed(4)}`}.
        {replay.links.self && (
          <>
            {' '}
            The new one is stored as{' '}
            <Link to={`/catalog/${replay.run.id}`}>run {shortId(replay.run.id)}</Link>.
          </>
        )}
      </p>
      {changes.length > 0 && (
        <ul className={styles['changes']}>
          {changes.map((change) => (
            <li key={change}>{change}</li>
          ))}
        </ul>
      )}
      <div className={styles['scroll']} tabIndex={0} role="region" aria-label="Scores before and after">
        <table className={styles['table']}>
          <thead>
            <tr>
              <th scope="col">Label</th>
              <th scope="col">Then</th>
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, then, now }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td>{then}</td>
                <td>{now}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

interface Row {
  label: string;
  then: string;
  now: string;
}

/** Labels with both scores; other kinds by their headline. */
function compare(original: Result, replay: Result): Row[] {
  if (original.kind !== 'labels' || replay.kind !== 'labels')
    return [{ label: 'Result', then: headline(original).text, now: headline(replay).text }];
  const score = (labels: typeof original.labels, label: string): string => {
    const found = labels.find((candidate) => candidate.label === label);
    return found ? formatScore(found.score) : 'not among them';
  };
  const labels = new Set([...original.labels, ...replay.labels].map(({ label }) => label));
  return [...labels].map((label) => ({
    label,
    then: score(original.labels, label),
    now: score(replay.labels, label),
  }));
}
