import { formatScore } from '../format.ts';
import styles from './bars.module.css';

interface BarsProps {
  rows: readonly { label: string; score: number }[];
  /** Said when there are none. */
  empty: string;
}

/** Labels with their scores as bars on one scale, 0 to 1. */
export function Bars({ rows, empty }: BarsProps) {
  if (rows.length === 0) return <p className={styles['empty']}>{empty}</p>;
  return (
    <ol className={styles['bars']}>
      {rows.map(({ label, score }, index) => (
        <li key={`${index} ${label}`} className={index === 0 ? styles['first'] : undefined}>
          <span className={styles['label']}>{label}</span>
          <span className={styles['score']}>{formatScore(score)}</span>
          <span aria-hidden="true" className={styles['track']}>
            <span className={styles['fill']} style={{ width: `${Math.max(score * 100, 0.5)}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}
