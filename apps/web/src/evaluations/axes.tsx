import type { ReactNode } from 'react';
import styles from './axes.module.css';

/** Units of the drawing; it is scaled to its frame. */
const SIDE = 200;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Where a point of the unit square lies in the drawing. */
export const place = (x: number, y: number): [number, number] => [x * SIDE, (1 - y) * SIDE];

interface AxesProps {
  x: string;
  y: string;
  /** What the diagram says, for those who do not see it. */
  label: string;
  children: ReactNode;
}

/** A diagram over the unit square: both axes from 0 to 1. */
export function Axes({ x, y, label, children }: AxesProps) {
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`-34 -8 ${SIDE + 44} ${SIDE + 42}`}
      className={styles['axes']}
    >
      {TICKS.map((tick) => {
        const [at, height] = place(tick, tick);
        return (
          <g key={tick}>
            <line x1={at} y1={0} x2={at} y2={SIDE} className={styles['grid']} />
            <line x1={0} y1={height} x2={SIDE} y2={height} className={styles['grid']} />
            <text x={at} y={SIDE + 13} textAnchor="middle" className={styles['tick']}>
              {tick}
            </text>
            <text x={-6} y={height + 3} textAnchor="end" className={styles['tick']}>
              {tick}
            </text>
          </g>
        );
      })}
      <text x={SIDE / 2} y={SIDE + 29} textAnchor="middle" className={styles['name']}>
        {x}
      </text>
      <text x={-SIDE / 2} y={-26} textAnchor="middle" transform="rotate(-90)" className={styles['name']}>
        {y}
      </text>
      {children}
    </svg>
  );
}
