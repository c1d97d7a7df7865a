import type { ModelInfo } from '@fovea/contracts';
import { useParams } from 'react-router';
import { toShownProblem } from '../api/problem.ts';
import { useModels } from '../api/queries.ts';
import { formatBytes, formatMs, formatNumber } from '../format.ts';
import { BackLink, Page } from '../shell/page.tsx';
import { LicenceBadge } from '../ui/badge.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Facts, Hash } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { MetricsTable } from './metrics-table.tsx';
import styles from './model-page.module.css';
import { ModelActions, StateBadge } from './model-state.tsx';

/** `/models/:id`: everything the manifest and this server know about a model. */
export function ModelPage() {
  const { id = '' } = useParams();
  const models = useModels();
  const model = models.data?.items.find((candidate) => candidate.id === id);
  if (model) return <Shown model={model} />;
  return (
    <Page title={id} above={<BackLink to="/models">Models</BackLink>}>
      {models.isError ? (
        <ProblemCard problem={toShownProblem(models.error)} />
      ) : models.data ? (
        <Empty icon="chip" title={`There is no model “${id}” here`}>
          <ButtonLink to="/models">See all models</ButtonLink>
        </Empty>
      ) : (
        <div aria-busy="true" className={styles['grid']}>
          <Skeleton height="24rem" />
          <Skeleton height="24rem" />
        </div>
      )}
    </Page>
  );
}

function Shown({ model }: { model: ModelInfo }) {
  return (
    <Page
      title={model.id}
      above={<BackLink to="/models">Models</BackLink>}
      lead={model.task}
      aside={<StateBadge model={model} />}
    >
      <ModelActions model={model} />
      <div className={styles['grid']}>
        <div className={styles['column']}>
          <Panel title="Measured quality">
            <MetricsTable model={model} />
          </Panel>
          <Panel title="On this server">
            <Facts
              rows={[
                ['Device', model.device ?? 'not loaded'],
                ['Load time', model.loadMs === undefined ? undefined : formatMs(model.loadMs)],
                ['Memory', model.memoryBytes === undefined ? undefined : formatBytes(model.memoryBytes)],
                ['Largest batch', model.batch?.max],
                ['State', model.reason],
              ]}
            />
            {model.batch && <BatchTable batch={model.batch} />}
          </Panel>
        </div>
        <div className={styles['column']}>
          <Panel title="Origin">
            <Facts
              rows={[
                [
                  'Licence',
                  <span className={styles['badges']}>
                    <LicenceBadge licenceId={model.licenceId} commercialUse={model.commercialUse} />
                  </span>,
                ],
                ['Provenance', model.provenance],
                ['Limits', model.limits],
                [
                  'Source',
                  model.source.type === 'url'
                    ? model.source.url
                    : model.source.type === 'embedded'
                      ? 'shipped with Fovea'
                      : 'added by the user',
                ],
                ['Revision', model.revision],
                ['Parameters', model.parameters === undefined ? undefined : formatNumber(model.parameters)],
                ['File', `${model.file}, ${formatBytes(model.bytes)}`],
                ['SHA-256', <Hash value={model.sha256} />],
              ]}
            />
          </Panel>
          <Panel title="Tensors">
            <Tensors
              title="Inputs"
              tensors={model.inputs.map((tensor) => ({ ...tensor, note: tensor.resize }))}
            />
            <Tensors
              title="Outputs"
              tensors={model.outputs.map((tensor) => ({ ...tensor, note: tensor.meaning }))}
            />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

/** Median times at load, which decide how many requests run together. */
function BatchTable({ batch }: { batch: NonNullable<ModelInfo['batch']> }) {
  const rows = Object.entries(batch.measuredMs)
    .map(([size, ms]) => ({ size: Number(size), ms, perSecond: (Number(size) / ms) * 1000 }))
    .sort((a, b) => a.size - b.size);
  const best = Math.max(...rows.map(({ perSecond }) => perSecond));
  return (
    <table className={styles['batch']}>
      <caption>Batches as measured at load</caption>
      <thead>
        <tr>
          <th scope="col">Rows</th>
          <th scope="col">Time</th>
          <th scope="col">Rows a second</th>
          <td aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {rows.map(({ size, ms, perSecond }) => (
          <tr key={size}>
            <th scope="row">{size}</th>
            <td>{formatMs(ms)}</td>
            <td>{perSecond.toFixed(0)}</td>
            <td aria-hidden="true" className={styles['bar']}>
              <span style={{ width: `${(perSecond / best) * 100}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Tensor {
  name: string;
  dtype: string;
  shape: readonly (number | string)[];
  note: string | undefined;
}

function Tensors({ title, tensors }: { title: string; tensors: readonly Tensor[] }) {
  return (
    <div>
      <h3>{title}</h3>
      <ul className={styles['tensors']}>
        {tensors.map(({ name, dtype, shape, note }) => (
          <li key={name}>
            <code>{name}</code>{' '}
            <span className={styles['muted']}>
              {dtype} [{shape.join(', ')}]
            </span>
            {note && <span className={styles['note']}>{note}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
