import type { ModelInfo } from '@fovea/contracts';
import { useId } from 'react';
import { Link } from 'react-router';
import { formatBytes, formatCount, formatNumber } from '../format.ts';
import { LicenceBadge } from '../ui/badge.tsx';
import { ModelActions, StateBadge } from './model-state.tsx';
import styles from './model-card.module.css';

export function ModelCard({ model }: { model: ModelInfo }) {
  const id = useId();
  const [metric] = model.metrics;
  return (
    <article aria-labelledby={id} className={styles['card']}>
      <header className={styles['head']}>
        <div>
          <h2 id={id}>
            <Link to={`/models/${model.id}`}>{model.id}</Link>
          </h2>
          <p className={styles['task']}>{model.task}</p>
        </div>
        <StateBadge model={model} />
      </header>
      <dl className={styles['numbers']}>
        <div>
          <dt>Parameters</dt>
          <dd>{model.parameters === undefined ? '–' : formatCount(model.parameters)}</dd>
        </div>
        <div>
          <dt>File</dt>
          <dd>{formatBytes(model.bytes)}</dd>
        </div>
        <div>
          <dt>{metric?.name ?? 'Metric'}</dt>
          <dd>{metric ? formatNumber(metric.value) : '–'}</dd>
        </div>
      </dl>
      {metric && <p className={styles['task']}>Measured on {metric.dataset}</p>}
      <p className={styles['badges']}>
        <LicenceBadge licenceId={model.licenceId} commercialUse={model.commercialUse} />
      </p>
      <div className={styles['foot']}>
        <ModelActions model={model} />
      </div>
    </article>
  );
}
