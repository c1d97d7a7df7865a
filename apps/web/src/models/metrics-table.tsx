import type { ModelInfo } from '@fovea/contracts';
import { formatNumber } from '../format.ts';
import styles from './metrics-table.module.css';

/** Measured quality: the number, on what, and how. */
export function MetricsTable({ model }: { model: ModelInfo }) {
  if (model.metrics.length === 0) return <p className={styles['muted']}>Nothing has been measured.</p>;
  return (
    <div className={styles['scroll']} role="region" tabIndex={0} aria-label={`Metrics of ${model.id}`}>
      <table className={styles['table']}>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col">Value</th>
            <th scope="col">Measured on</th>
          </tr>
        </thead>
        <tbody>
          {model.metrics.map((metric, index) => (
            <tr key={index}>
              <th scope="row">{metric.name}</th>
              <td>{formatNumber(metric.value)}</td>
              <td>
                {metric.dataset}
                {metric.n !== undefined && `, ${formatNumber(metric.n)} items`}
                {metric.how && <span className={styles['how']}>{metric.how}</span>}
                {metric.split && <span className={styles['how']}>{metric.split}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
