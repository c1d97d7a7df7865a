import type { Calibration } from '@fovea/contracts';
import { Axes, place } from './axes.tsx';
import styles from './calibration-chart.module.css';
import { figureText } from './figures.ts';

/** How often an answer was right against how sure the model was; on the diagonal it knows what it knows. */
export function CalibrationChart({ calibration: { ece, bins } }: { calibration: Calibration }) {
  const filled = bins.filter(({ accuracy }) => accuracy !== null);
  const [startX, startY] = place(0, 0);
  const [endX, endY] = place(1, 1);
  return (
    <>
      <Axes
        x="confidence"
        y="share that was right"
        label={`Calibration: expected error ${figureText(ece)} over ${filled.length} bins`}
      >
        {filled.map(({ from, to, accuracy, count }) => {
          const [left, top] = place(from, accuracy ?? 0);
          const [right, bottom] = place(to, 0);
          return (
            <rect
              key={from}
              x={left + 0.75}
              y={top}
              width={Math.max(0, right - left - 1.5)}
              height={bottom - top}
              className={styles['bar']}
            >
              <title>{`${from.toFixed(2)} to ${to.toFixed(2)}: ${figureText(accuracy)} right of ${count}`}</title>
            </rect>
          );
        })}
        <line x1={startX} y1={startY} x2={endX} y2={endY} className={styles['ideal']} />
      </Axes>
      <p className={styles['note']}>
        Expected calibration error <strong>{figureText(ece)}</strong>. The line is a model that is right as
        often as it says.
      </p>
    </>
  );
}
