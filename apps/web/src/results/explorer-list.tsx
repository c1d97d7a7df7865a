import { MIN_KEYPOINT_SCORE, type ResultOf } from '@fovea/contracts';
import { isPaintedClass, type ResultItem } from '@fovea/overlay';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { classes, formatScore, humanize } from '../format.ts';
import styles from './explorer.module.css';
import type { Explorer } from './use-explorer.ts';

/** What was found, row by row: pointing at a row highlights it on the picture, and the other way round. */
export function ExplorerList({ explorer }: { explorer: Explorer }) {
  const list = useRef<HTMLOListElement>(null);
  const { shown, highlighted, pinned, result } = explorer;

  // What is pointed at on the picture comes into sight in the list, without moving the page.
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-item="${highlighted}"]`);
    const box = list.current;
    if (!row || !box || highlighted === undefined || row.matches(':hover, :focus')) return;
    const top = row.offsetTop - box.offsetTop;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + row.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = top + row.offsetHeight - box.clientHeight;
  }, [highlighted]);

  // One stop of the Tab key for the whole list; arrows move in it.
  const onKeyDown = (event: KeyboardEvent<HTMLOListElement>): void => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-item]')];
    const at = rows.indexOf(event.target as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (next === undefined || !rows[next]) return;
    event.preventDefault();
    rows[next].focus();
  };
  const tabStop = shown.some(({ index }) => index === pinned) ? pinned : shown[0]?.index;

  return (
    <ol ref={list} aria-label="Found" className={styles['list']} onKeyDown={onKeyDown}>
      {shown.map((item) => (
        <li key={item.index}>
          <button
            type="button"
            data-item={item.index}
            tabIndex={item.index === tabStop ? 0 : -1}
            aria-pressed={item.index === pinned}
            className={classes(styles['row'], item.index === highlighted && styles['highlighted'])}
            onPointerEnter={({ pointerType }) => pointerType !== 'touch' && explorer.hover(item.index)}
            onPointerLeave={() => explorer.hover(undefined)}
            onFocus={() => explorer.hover(item.index)}
            onBlur={() => explorer.hover(undefined)}
            onClick={() => explorer.pin(item.index)}
          >
            {result.kind !== 'keypoints' && <Swatch item={item} />}
            <span className={styles['label']}>{nameOf(item, result.kind)}</span>
            <span className={styles['score']}>{formatScore(item.score ?? item.fraction ?? 0)}</span>
            <span className={styles['detail']}>
              {detailOf(item, result as ResultOf<'boxes' | 'keypoints' | 'masks'>)}
            </span>
            {item.fraction !== undefined && (
              <span aria-hidden="true" className={styles['track']}>
                <span style={{ width: `${item.fraction * 100}%`, background: swatchColour(item) }} />
              </span>
            )}
          </button>
        </li>
      ))}
    </ol>
  );
}

const swatchColour = (item: ResultItem): string | undefined =>
  isPaintedClass(item.label) ? item.colour : undefined;

function Swatch({ item }: { item: ResultItem }) {
  return (
    <span aria-hidden="true" className={styles['swatch']} style={{ backgroundColor: swatchColour(item) }} />
  );
}

/** People, hands and faces are numbered as on the picture. */
const nameOf = ({ label, index }: ResultItem, kind: string): string =>
  kind === 'keypoints' ? `${humanize(label)} ${index + 1}` : label;

function detailOf({ index, box }: ResultItem, result: ResultOf<'boxes' | 'keypoints' | 'masks'>): string {
  const size = box ? `${Math.round(box.width)} × ${Math.round(box.height)} px` : '';
  if (result.kind === 'keypoints') {
    const points = result.items[index]?.keypoints ?? [];
    const seen = points.filter(({ score }) => score >= MIN_KEYPOINT_SCORE).length;
    return `${seen} of ${points.length} points, ${size}`;
  }
  if (result.kind === 'boxes') {
    const corners = (result.items[index]?.polygons ?? []).reduce((sum, ring) => sum + ring.length / 2, 0);
    return corners > 0 ? `${size}, polygon of ${corners} points` : size;
  }
  return size;
}
