import { assertUnreachable } from '@fovea/contracts';
import { formatScore } from '../format.ts';
import { headline } from '../results/headline.ts';
import { BlobImage } from '../api/blob-image.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './run-strip.module.css';
import type { RunState, StudioItem } from './use-runs.ts';

interface RunStripProps {
  items: readonly StudioItem[];
  selected: number | undefined;
  onSelect: (id: number) => void;
}

/** Several pictures side by side, each with what became of it; the chosen one is on the stage. */
export function RunStrip({ items, selected, onSelect }: RunStripProps) {
  return (
    <ul aria-label="Runs" className={styles['strip']}>
      {items.map(({ id, name, preview, state }) => (
        <li key={id}>
          <button
            type="button"
            className={styles['item']}
            aria-pressed={id === selected}
            data-status={state.status}
            onClick={() => onSelect(id)}
          >
            <span className={styles['thumb']}>
              <BlobImage
                url={preview ?? (state.status === 'done' ? state.envelope.links.input : undefined)}
                alt=""
                fallback={<Icon name="image" />}
              />
            </span>
            <span className={styles['name']}>{name}</span>
            <span className={styles['state']}>{describe(state)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What became of a run, in a few words. */
export function describe(state: RunState): string {
  switch (state.status) {
    case 'idle':
      return 'Not run yet';
    case 'waiting':
      return 'Waiting';
    case 'running':
      return 'Running';
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return state.problem.title;
    case 'done': {
      const { text, score } = headline(state.envelope.result);
      return score === undefined ? text : `${text}, ${formatScore(score)}`;
    }
    default:
      return assertUnreachable(state);
  }
}
