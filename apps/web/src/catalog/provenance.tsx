import type { RunEnvelope } from '@fovea/contracts';
import { Link } from 'react-router';
import { formatBytes, formatDate, formatMs, humanize } from '../format.ts';
import { Facts, Hash } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './provenance.module.css';

/** Everything that is needed to repeat a run, and to trust it. */
export function Provenance({ envelope: { run, inputs } }: { envelope: RunEnvelope }) {
  const params = Object.entries(run.params);
  return (
    <div className={styles['provenance']}>
      <Panel title="Models">
        {run.models.map((model) => (
          <Facts
            key={model.role}
            rows={[
              [humanize(model.role), <Link to={`/models/${model.id}`}>{model.id}</Link>],
              ['Revision', model.revision],
              ['SHA-256', <Hash value={model.sha256} />],
            ]}
          />
        ))}
      </Panel>
      <Panel title={Object.keys(inputs).length === 1 ? 'Input' : 'Inputs'}>
        {Object.entries(inputs).map(([name, input]) => (
          <Facts
            key={name}
            rows={[
              ['Name', name],
              ['Type', input.mime],
              ['Size', formatBytes(input.bytes)],
              ['Pixels', input.width && input.height ? `${input.width} × ${input.height}` : undefined],
              ['Duration', input.durationMs === undefined ? undefined : formatMs(input.durationMs)],
              ['SHA-256', <Hash value={input.sha256} />],
            ]}
          />
        ))}
      </Panel>
      <Panel title="Parameters">
        {params.length === 0 ? (
          <p className={styles['muted']}>This task has none.</p>
        ) : (
          <Facts
            rows={params.map(([name, value]) => [name, <code>{JSON.stringify(value)}</code>] as const)}
          />
        )}
      </Panel>
      <Panel title="Run">
        <Facts
          rows={[
            ['Id', <Hash value={run.id} />],
            ['When', <time dateTime={run.createdAt}>{formatDate(run.createdAt)}</time>],
            ['Device', run.device],
            ['Batch', run.batchSize === 1 ? 'alone' : `with ${run.batchSize - 1} more`],
            ['Code version', run.codeVersion],
            ...run.stages.map(
              (stage) =>
                [
                  `Stage ${stage.role}`,
                  stage.cached
                    ? 'from the cache'
                    : `${formatMs(stage.queueMs)} queue, ${formatMs(stage.inferenceMs)} inference`,
                ] as const,
            ),
          ]}
        />
      </Panel>
    </div>
  );
}
