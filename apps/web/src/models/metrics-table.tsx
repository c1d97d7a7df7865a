import type { ModelInfo } from '@fovea/contracts';
import { formatNumber } from '../format.ts';
import { groupMetrics } from './metrics.ts';
import styles from './metrics-table.module.css';

/** Measured quality: the numbers, on what, and how. */
export function MetricsTable({ model }: { model: ModelInfo }) {
  if (model.metrics.length === 0) return <p className={styles['muted']}>Nothing has been measured.</p>;
  return groupMetrics(model.metrics).map(({ dataset, n, split, columns, rows }) => (
    <div key={`${dataset} ${split}`} className={styles['group']}>
      <div className={styles['scroll']} role="region" tabIndex={0} aria-label={`Metrics on ${dataset}`}>
        <table className={styles['table']}>
          <caption>
            {dataset}
            {n !== undefined && <span className={styles['muted']}>, {formatNumber(n)} items</span>}
          </caption>
          <thead>
            <tr>
              <th scope="col">How</th>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ how, values }) => (
              <tr key={how}>
                <th scope="row">{how || 'as the card says'}</th>
                {columns.map((name) => {
                  const value = values.get(name);
                  return <td key={name}>{value === undefined ? '–' : formatNumber(value)}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {split && <p className={styles['split']}>{split}</p>}
    </div>
  ));
}
