import type { Timings } from '@fovea/contracts';
import { formatMs } from '../format.ts';
import styles from './timing-bar.module.css';

/** Where the time of a run went, on the server. */
export function TimingBar({ timings }: { timings: Timings }) {
  const known = [
    ['Decode', timings.decodeMs],
    ['Queue', timings.queueMs],
    ['Inference', timings.inferenceMs],
    ['Postprocess', timings.postprocessMs],
  ] as const;
  const rest = timings.totalMs - known.reduce((sum, [, ms]) => sum + ms, 0);
  // Preparing pixels, storing, and what else is not a phase of its own.
  const phases = rest > 0.05 ? ([...known, ['Other', rest]] as const) : known;
  return (
    <div className={styles['timing']}>
      <p className={styles['total']}>
        <span>Server time</span>
        <strong>{formatMs(timings.totalMs)}</strong>
      </p>
      <div aria-hidden="true" className={styles['bar']}>
        {phases.map(([name, ms], index) => (
          <span key={name} className={styles['part']} data-phase={index} style={{ flexGrow: ms }} />
        ))}
      </div>
      <dl className={styles['legend']}>
        {phases.map(([name, ms], index) => (
          <div key={name}>
            <dt>
              <span aria-hidden="true" className={styles['part']} data-phase={index} />
              {name}
            </dt>
            <dd>{formatMs(ms)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
