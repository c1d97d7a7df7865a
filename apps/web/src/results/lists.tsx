import type { ResultOf } from '@fovea/contracts';
import { formatScore } from '../format.ts';
import styles from './lists.module.css';

interface Row {
  key: string;
  label: string;
  detail: string;
  score?: string;
}

function Rows({ rows, empty }: { rows: readonly Row[]; empty: string }) {
  if (rows.length === 0) return <p className={styles['muted']}>{empty}</p>;
  return (
    <ol className={styles['rows']}>
      {rows.map(({ key, label, detail, score }) => (
        <li key={key}>
          <span className={styles['label']}>{label}</span>
          <span>{score}</span>
          <span className={styles['muted']}>{detail}</span>
        </li>
      ))}
    </ol>
  );
}

const place = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }): string =>
  `${Math.round(width)} × ${Math.round(height)} px at ${Math.round(x)}, ${Math.round(y)}`;

export function TrackList({ result }: { result: ResultOf<'tracks'> }) {
  const rows = result.items.map(({ trackId, label, score, box, state }) => ({
    key: String(trackId),
    label: `#${trackId} ${label}`,
    detail: `${state}, ${place(box)}`,
    score: formatScore(score),
  }));
  return <Rows rows={rows} empty={`Nothing is tracked in frame ${result.frame}.`} />;
}

export function MatchList({ items }: { items: ResultOf<'matches'>['items'] }) {
  const rows = items.map(({ itemId, score, metadata }) => ({
    key: itemId,
    label: itemId,
    detail: Object.entries(metadata)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join(', '),
    // A cosine, not a share.
    score: score.toFixed(3),
  }));
  return <Rows rows={rows} empty="Nothing in the collection is similar enough." />;
}
