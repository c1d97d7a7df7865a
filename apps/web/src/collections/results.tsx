import type { SearchAnswer } from '@fovea/contracts';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { toShownProblem } from '../api/problem.ts';
import { formatMs, formatNumber } from '../format.ts';
import { IconButton } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import forms from './forms.module.css';
import styles from './results.module.css';
import { scale } from './scores.ts';
import { Tile, TileSkeleton } from './tile.tsx';
import grid from './tile.module.css';

/** The server explains at most so many of the matches. */
const MOST_EXPLAINED = 10;

interface ResultsProps {
  answer: UseQueryResult<SearchAnswer | null>;
  /** The calibrated cut-off; null where there is none for this kind of query. */
  cutoff: number | null;
  onOpen: (itemId: string) => void;
  onMoreLike: (itemId: string, name: string, blob: string | null) => void;
  /** A place in the result. */
  onExplain: (place: number) => void;
}

/** What was found, the best first, with the cut-off to slide. */
export function Results({ answer, cutoff, onOpen, onMoreLike, onExplain }: ResultsProps) {
  if (answer.isError && !answer.isPlaceholderData)
    return <ProblemCard problem={toShownProblem(answer.error)} />;
  if (!answer.data)
    return (
      <div aria-busy="true" className={grid['grid']}>
        {Array.from({ length: 12 }, (_, at) => (
          <TileSkeleton key={at} />
        ))}
      </div>
    );
  const { result, note, query, searched, timings } = answer.data;
  if (result.items.length === 0)
    return (
      <Empty icon="search" title="Nothing was found">
        <p>{note ?? 'No picture of this collection can match. Loosen the filters, or add pictures.'}</p>
      </Empty>
    );
  return (
    <Found
      answer={answer.data}
      cutoff={cutoff}
      busy={answer.isPlaceholderData}
      onOpen={onOpen}
      onMoreLike={onMoreLike}
      onExplain={onExplain}
      summary={`${query.space.name}, ${formatNumber(searched.items)} pictures searched ${
        searched.exact ? 'exactly' : `with ${searched.index}`
      } in ${formatMs(timings.totalMs)}`}
    />
  );
}

interface FoundProps extends Omit<ResultsProps, 'answer'> {
  answer: SearchAnswer;
  busy: boolean;
  summary: string;
}

function Found({ answer, cutoff, busy, summary, onOpen, onMoreLike, onExplain }: FoundProps) {
  const { result, note, query } = answer;
  const [chosen, setChosen] = useState<number>();
  const [hiding, setHiding] = useState(false);
  const { lowest, highest, step, shareOf } = scale(result.items.map(({ score }) => score));
  const limit = chosen ?? cutoff ?? lowest;
  const above = result.items.filter(({ score }) => score >= limit).length;
  const shown = result.items
    .map((item, place) => ({ ...item, place }))
    .filter(({ score }) => !hiding || score >= limit);
  return (
    <>
      <div className={styles['head']}>
        <p role="status" className={styles['count']}>
          <strong>{counted(above, result.items.length)}</strong>
          {query.text !== undefined && <> for “{query.text}”</>}
          <span className={styles['summary']}>
            {summary}
            {query.truncated && '; the text was longer than the model reads'}
          </span>
        </p>
        <div className={styles['cutoff']}>
          <label className={forms['range']}>
            <span>
              Cut-off <output>{limit.toFixed(3)}</output>
            </span>
            <input
              type="range"
              min={Math.min(lowest, cutoff ?? lowest)}
              max={Math.max(highest, cutoff ?? highest)}
              step={step}
              value={limit}
              list="calibrated-cutoff"
              onChange={({ target }) => setChosen(Number(target.value))}
            />
          </label>
          {cutoff !== null && (
            <>
              <datalist id="calibrated-cutoff">
                <option value={cutoff} />
              </datalist>
              <button
                type="button"
                className={styles['calibrated']}
                title="Measured on labelled pictures: what lies above it mostly belongs together"
                onClick={() => setChosen(undefined)}
              >
                ◆ calibrated: {cutoff.toFixed(3)}
              </button>
            </>
          )}
          <label className={styles['hide']}>
            <input type="checkbox" checked={hiding} onChange={({ target }) => setHiding(target.checked)} />
            Hide those below
          </label>
        </div>
      </div>
      {note !== undefined && <p className={styles['note']}>{note}</p>}
      {above === 0 && (
        <p className={styles['note']}>
          Nothing reaches the cut-off: the best is {highest.toFixed(3)}. What is asked for is probably not
          here.
        </p>
      )}
      <ol aria-label="Results" aria-busy={busy} className={grid['grid']}>
        {shown.map(({ place, ...item }) => {
          const name = item.name ?? `picture ${item.itemId.slice(-8)}`;
          return (
            <li key={item.itemId}>
              <Tile
                blob={item.blob}
                name={name}
                rank={place + 1}
                faded={item.score < limit}
                share={shareOf(item.score)}
                score={item.score.toFixed(3)}
                onOpen={() => onOpen(item.itemId)}
              >
                {place < MOST_EXPLAINED && (
                  <IconButton
                    icon="question"
                    label={`Explain why ${name} was found`}
                    onClick={() => onExplain(place)}
                  />
                )}
                <IconButton
                  icon="like"
                  label={`More like ${name}`}
                  onClick={() => onMoreLike(item.itemId, name, item.blob)}
                />
              </Tile>
            </li>
          );
        })}
      </ol>
    </>
  );
}

function counted(above: number, all: number): string {
  if (above === all) return all === 1 ? '1 picture' : `${formatNumber(all)} pictures`;
  return `${formatNumber(above)} of ${formatNumber(all)} pictures`;
}
