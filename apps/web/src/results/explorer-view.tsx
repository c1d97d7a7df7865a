import { isPaintedClass } from '@fovea/overlay';
import { useId } from 'react';
import { formatScore } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { ExplorerList } from './explorer-list.tsx';
import styles from './explorer.module.css';
import type { Explorer } from './use-explorer.ts';

const EMPTY = {
  boxes: 'Nothing was found above the minimum score.',
  keypoints: 'Nobody was found above the minimum score.',
  masks: 'No class was found.',
} as const;

/** A result whose items can be hidden, filtered and pointed at; all of it without asking the server again. */
export function ExplorerView({ explorer }: { explorer: Explorer }) {
  const { result, items, shown } = explorer;
  if (items.length === 0)
    return <p className={styles['muted']}>{EMPTY[result.kind as keyof typeof EMPTY]}</p>;
  return (
    <div className={styles['explorer']}>
      {result.kind === 'masks' ? <OpacitySlider explorer={explorer} /> : <ScoreSlider explorer={explorer} />}
      <ClassChips explorer={explorer} />
      {explorer.mapMissing && (
        <p className={styles['warning']}>
          The class map itself was not kept on the server, so it cannot be drawn. The shares are those of the
          run.
        </p>
      )}
      <ExplorerList explorer={explorer} />
      {shown.length === 0 && <p className={styles['muted']}>Everything is hidden or below the slider.</p>}
    </div>
  );
}

/** "7 of 12": said politely while the slider moves. */
function Count({ explorer: { shown, items } }: { explorer: Explorer }) {
  return (
    <output className={styles['count']} aria-live="polite">
      {shown.length === items.length ? items.length : `${shown.length} of ${items.length}`}
    </output>
  );
}

function ScoreSlider({ explorer }: { explorer: Explorer }) {
  const id = useId();
  const { minScore, lowest } = explorer;
  return (
    <div className={styles['slider']}>
      <label htmlFor={id}>Confidence from {formatScore(minScore).replace('.0', '')}</label>
      <Count explorer={explorer} />
      <input
        id={id}
        type="range"
        min={lowest}
        max={1}
        step={0.01}
        value={minScore}
        aria-valuetext={formatScore(minScore)}
        onChange={(event) => explorer.setMinScore(Number(event.target.value))}
      />
    </div>
  );
}

function OpacitySlider({ explorer }: { explorer: Explorer }) {
  const id = useId();
  const percent = `${Math.round(explorer.opacity * 100)} %`;
  return (
    <div className={styles['slider']}>
      <label htmlFor={id}>Opacity {percent}</label>
      <Count explorer={explorer} />
      <input
        id={id}
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={explorer.opacity}
        aria-valuetext={percent}
        onChange={(event) => explorer.setOpacity(Number(event.target.value))}
      />
    </div>
  );
}

/** The classes, each with its colour and how many there are: pressed = shown. */
function ClassChips({ explorer }: { explorer: Explorer }) {
  const { classes, hidden, result } = explorer;
  const toggled = classes.filter(({ label }) => isPaintedClass(label));
  // One kind of thing needs no choice: the overlay as a whole can be switched off.
  if (toggled.length < 2) return null;
  return (
    <div role="group" aria-label="Classes" className={styles['chips']}>
      {toggled.map(({ label, colour, count }) => (
        <button
          key={label}
          type="button"
          aria-pressed={!hidden.has(label)}
          className={styles['chip']}
          onClick={() => explorer.toggle(label)}
        >
          {/* Of people the colours tell the sides. */}
          {result.kind !== 'keypoints' && (
            <span aria-hidden="true" className={styles['swatch']} style={{ backgroundColor: colour }} />
          )}
          {label}
          {result.kind !== 'masks' && <span className={styles['number']}>{count}</span>}
        </button>
      ))}
      <span className={styles['every']}>
        <Button look="quiet" disabled={hidden.size === 0} onClick={() => explorer.setHidden(new Set())}>
          All
        </Button>
        <Button
          look="quiet"
          disabled={toggled.every(({ label }) => hidden.has(label))}
          onClick={() => explorer.setHidden(new Set(toggled.map(({ label }) => label)))}
        >
          None
        </Button>
      </span>
    </div>
  );
}
