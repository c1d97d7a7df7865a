import { formatNumber } from '../format.ts';
import { Button } from '../ui/button.tsx';
import styles from './upload-panel.module.css';
import type { Upload, Uploads } from './use-uploads.ts';

const WORDS: Readonly<Record<Upload['state'], string>> = {
  waiting: 'Waiting',
  sending: 'Sending',
  added: 'Added',
  existing: 'Was there',
  failed: 'Failed',
};
/** Rows that are drawn; of thousands nobody reads more. */
const ROWS = 200;
/** What needs eyes stands first. */
const ORDER: readonly Upload['state'][] = ['failed', 'sending', 'waiting', 'existing', 'added'];

/** How the upload stands, file by file, and what failed and why. */
export function UploadPanel({ uploads }: { uploads: Uploads }) {
  const { items, busy, leftOut } = uploads;
  if (items.length === 0 && leftOut === 0) return null;
  const count = (state: Upload['state']): number => items.filter((item) => item.state === state).length;
  const done = items.length - count('waiting') - count('sending');
  const failed = count('failed');
  const rows = ORDER.flatMap((state) => items.filter((item) => item.state === state)).slice(0, ROWS);
  return (
    <section aria-label="Upload" className={styles['panel']}>
      <div className={styles['head']}>
        <p role="status">
          {busy ? 'Adding pictures: ' : 'Done: '}
          {formatNumber(done)} of {formatNumber(items.length)}
          {failed > 0 && `, ${formatNumber(failed)} failed`}
          {count('existing') > 0 && `, ${formatNumber(count('existing'))} were there`}
          {leftOut > 0 && `, ${formatNumber(leftOut)} other files left out`}
        </p>
        {busy ? (
          <Button look="quiet" onClick={uploads.stop}>
            Stop
          </Button>
        ) : (
          <>
            {failed > 0 && (
              <Button icon="replay" onClick={uploads.retry}>
                Try the failed again
              </Button>
            )}
            <Button look="quiet" onClick={uploads.clear}>
              Close
            </Button>
          </>
        )}
      </div>
      <progress
        aria-label="Progress of the upload"
        className={styles['bar']}
        value={done}
        max={Math.max(1, items.length)}
      />
      <details open={failed > 0}>
        <summary>File by file</summary>
        <ul className={styles['files']} tabIndex={0} aria-label="Files">
          {rows.map(({ id, name, state, problem }) => (
            <li key={id} data-state={state}>
              <span className={styles['name']}>{name}</span>
              <span>{WORDS[state]}</span>
              {problem && (
                <span className={styles['why']}>
                  {problem.detail} {problem.hint}
                </span>
              )}
            </li>
          ))}
          {items.length > ROWS && <li>and {formatNumber(items.length - ROWS)} more</li>}
        </ul>
      </details>
    </section>
  );
}
