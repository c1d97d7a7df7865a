import type { Confusion } from '@fovea/contracts';
import { useState } from 'react';
import { formatNumber } from '../format.ts';
import { Button } from '../ui/button.tsx';
import styles from './confusion-table.module.css';
import { busiestClasses } from './figures.ts';

/** More do not fit beside each other. */
const SHOWN = 16;

/** What was there (rows) and what it was taken for (columns); the darker, the larger the share of the row. */
export function ConfusionTable({ confusion: { labels, matrix, note } }: { confusion: Confusion }) {
  const [all, setAll] = useState(false);
  const every = busiestClasses(matrix, Infinity);
  const shown = all ? every : busiestClasses(matrix, SHOWN);
  return (
    <>
      <div className={styles['scroll']} role="region" tabIndex={0} aria-label="Confusion matrix">
        <table className={styles['table']}>
          <thead>
            <tr>
              <th scope="col" className={styles['corner']}>
                labelled ↓ found →
              </th>
              {shown.map((column) => (
                <th key={column} scope="col">
                  <span>{labels[column]}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => {
              const total = (matrix[row] ?? []).reduce((sum, value) => sum + value, 0);
              return (
                <tr key={row}>
                  <th scope="row">{labels[row]}</th>
                  {shown.map((column) => {
                    const value = matrix[row]?.[column] ?? 0;
                    const share = total === 0 ? 0 : value / total;
                    return (
                      <td
                        key={column}
                        className={row === column ? styles['right'] : undefined}
                        style={{ '--share': share } as React.CSSProperties}
                        title={`${labels[row]} taken for ${labels[column]}: ${formatNumber(value)} of ${formatNumber(total)}`}
                      >
                        {value === 0 ? '' : formatNumber(value)}
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {every.length > SHOWN && (
        <Button look="quiet" onClick={() => setAll(!all)}>
          {all ? `Only the ${SHOWN} busiest` : `All ${every.length} classes`}
        </Button>
      )}
      {note && <p className={styles['note']}>{note}</p>}
    </>
  );
}
