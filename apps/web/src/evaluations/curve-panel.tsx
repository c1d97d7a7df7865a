import type { Curve } from '@fovea/contracts';
import { useState } from 'react';
import { Panel } from '../ui/panel.tsx';
import field from '../ui/field.module.css';
import { Axes, place } from './axes.tsx';
import styles from './curve-panel.module.css';

/** Told apart by colour and by dashes. */
const LOOKS = ['first', 'second', 'third', 'fourth'] as const;

/** Curves of all classes together, or of one. */
export function CurvePanel({ curves }: { curves: readonly Curve[] }) {
  const labels = [...new Set(curves.map(({ label }) => label))].filter((label) => label !== null).sort();
  const [label, setLabel] = useState<string>('');
  const shown = curves.filter((curve) => (curve.label ?? '') === label);
  const [first] = shown;
  return (
    <Panel
      title="Precision and recall"
      aside={
        labels.length > 0 && (
          <label>
            <span className="visually-hidden">Class</span>
            <select
              className={field['input']}
              value={label}
              onChange={({ target }) => setLabel(target.value)}
            >
              <option value="">All classes</option>
              {labels.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
        )
      }
    >
      <Axes
        x={first?.x ?? 'recall'}
        y={first?.y ?? 'precision'}
        label={`${label || 'All classes'}: ${shown.map(({ name }) => name).join(', ')}`}
      >
        {shown.map(({ name, points }, index) => (
          <polyline
            key={name}
            points={points.map(([x, y]) => place(x, y).join(',')).join(' ')}
            className={`${styles['line']} ${styles[LOOKS[index % LOOKS.length] as string]}`}
          />
        ))}
      </Axes>
      <ul className={styles['legend']}>
        {shown.map(({ name }, index) => (
          <li key={name}>
            <svg aria-hidden="true" width="28" height="8" viewBox="0 0 28 8">
              <line
                x1="1"
                y1="4"
                x2="27"
                y2="4"
                className={`${styles['line']} ${styles[LOOKS[index % LOOKS.length] as string]}`}
              />
            </svg>
            {name}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
