import type { Evaluation } from '@fovea/contracts';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { DownloadButton } from '../api/download-button.tsx';
import { useDeleteEvaluation, useEvaluation } from '../api/job-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { formatDate, formatDuration, formatNumber, humanize, shortId } from '../format.ts';
import { BackLink, Page } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Facts, Hash } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { CalibrationChart } from './calibration-chart.tsx';
import { ClassTable } from './class-table.tsx';
import { ConfusionTable } from './confusion-table.tsx';
import { CurvePanel } from './curve-panel.tsx';
import styles from './evaluation-page.module.css';
import { figureText } from './figures.ts';
import { WorstPictures } from './worst-pictures.tsx';

/** `/evaluations/:id`: the report. */
export function EvaluationPage() {
  const { id = '' } = useParams();
  const evaluation = useEvaluation(id);
  const above = <BackLink to="/evaluations">Evaluations</BackLink>;
  if (evaluation.data) return <Report evaluation={evaluation.data} />;
  return (
    <Page title="Evaluation" above={above}>
      {evaluation.isError ? (
        <ProblemCard problem={toShownProblem(evaluation.error)} />
      ) : (
        <Skeleton height="24rem" />
      )}
    </Page>
  );
}

function Report({ evaluation }: { evaluation: Evaluation }) {
  const { task, models, dataset, figures, metric, report } = evaluation;
  const { perClass, curves, confusion, calibration, worst, failures } = report;
  return (
    <Page
      title={`${humanize(task)} on ${dataset.name}`}
      above={<BackLink to="/evaluations">Evaluations</BackLink>}
      lead={`${models[0]?.id}, ${formatNumber(dataset.images)} pictures, ${metric}`}
      aside={<Actions evaluation={evaluation} />}
    >
      <ul className={styles['figures']} aria-label="Figures">
        {figures.map(({ name, value, description }) => (
          <li key={name} title={description}>
            <span className={styles['value']}>{figureText(value)}</span>
            <span className={styles['name']}>{name}</span>
          </li>
        ))}
      </ul>
      <div className={styles['grid']}>
        {curves.length > 0 && <CurvePanel curves={curves} />}
        {calibration && calibration.bins.length > 0 && (
          <Panel title="Calibration">
            <CalibrationChart calibration={calibration} />
          </Panel>
        )}
        <Panel title="How it was measured">
          <Provenance evaluation={evaluation} />
        </Panel>
      </div>
      {worst.length > 0 && <WorstPictures pictures={worst} />}
      {perClass.length > 0 && (
        <Panel title="Classes">
          <ClassTable classes={perClass} />
        </Panel>
      )}
      {confusion && confusion.matrix.length > 0 && (
        <Panel title="Confusion">
          <ConfusionTable confusion={confusion} />
        </Panel>
      )}
      {failures.length > 0 && (
        <Panel title={`${formatNumber(failures.length)} pictures could not be run`}>
          <ul className={styles['failures']}>
            {failures.map(({ name, code, detail }) => (
              <li key={name}>
                <strong>{name}</strong> <code>{code}</code> {detail}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </Page>
  );
}

function Provenance({ evaluation }: { evaluation: Evaluation }) {
  const { dataset, models, params, device, codeVersion, createdAt, durationMs, imagesPerSecond } = evaluation;
  return (
    <Facts
      rows={[
        ['When', formatDate(createdAt)],
        ['Took', formatDuration(durationMs)],
        [
          'Speed',
          imagesPerSecond === null
            ? undefined
            : `${formatNumber(imagesPerSecond)} pictures a second on ${device}`,
        ],
        ['Data set', `${dataset.format}: ${dataset.folder}`],
        ['Split', dataset.split],
        ['Part', dataset.subset === 'all' ? undefined : dataset.subset],
        ['Labels', formatNumber(dataset.truths)],
        ['Data set’s hash', <Hash key="dataset" value={dataset.sha256} />],
        ...models.map(
          (model) =>
            [
              humanize(model.role),
              `${model.id}, revision ${model.revision}, ${model.sha256.slice(0, 12)}`,
            ] as const,
        ),
        ['Parameters', <code key="params">{JSON.stringify(params)}</code>],
        ['Code', codeVersion],
      ]}
    />
  );
}

function Actions({ evaluation }: { evaluation: Evaluation }) {
  const remove = useDeleteEvaluation(evaluation.id);
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const confirm = (): void =>
    remove.mutate(undefined, { onSuccess: () => void navigate('/evaluations', { replace: true }) });
  return (
    <div className={styles['actions']}>
      <DownloadButton
        label="Report"
        fileName={`evaluation-${shortId(evaluation.id)}.json`}
        source={{ json: evaluation }}
      />
      <Button look="quiet" icon="trash" onClick={() => setAsking(true)}>
        Delete
      </Button>
      {asking && (
        <Dialog
          title="Delete this evaluation?"
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button autoFocus onClick={() => setAsking(false)}>
                Keep it
              </Button>
              <Button look="danger" icon="trash" disabled={remove.isPending} onClick={confirm}>
                {remove.isPending ? 'Deleting' : 'Delete the evaluation'}
              </Button>
            </>
          }
        >
          <p>Its figures and the pictures of the report are removed. The data set itself is not touched.</p>
          {remove.isError && <ProblemCard problem={toShownProblem(remove.error)} />}
        </Dialog>
      )}
    </div>
  );
}
