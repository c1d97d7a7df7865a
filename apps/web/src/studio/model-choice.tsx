import type { ModelInfo, TaskInfo } from '@fovea/contracts';
import { useId } from 'react';
import { formatBytes, humanize } from '../format.ts';
import { Badge, LicenceBadge } from '../ui/badge.tsx';
import styles from './model-choice.module.css';

interface ModelChoiceProps {
  role: TaskInfo['models'][number];
  /** Every model of the server; empty while they are loading. */
  models: readonly ModelInfo[];
  /** The model that runs where none is chosen. */
  fallback: string;
  /** undefined = the fallback. */
  value: string | undefined;
  onChange: (model: string | undefined) => void;
}

/** The models that fit a role, with what one must know before choosing. */
export function ModelChoice({ role, models, fallback, value, onChange }: ModelChoiceProps) {
  const name = useId();
  const chosen = value ?? fallback;
  return (
    <fieldset className={styles['choice']}>
      <legend>{role.role === 'primary' ? 'Model' : `Model: ${role.role}`}</legend>
      {role.choices.map((id) => {
        const model = models.find((candidate) => candidate.id === id);
        const usable = model?.state !== 'disabled';
        return (
          <label key={id} className={styles['model']} title={model?.reason}>
            <input
              type="radio"
              name={name}
              value={id}
              checked={id === chosen}
              disabled={!usable}
              onChange={() => onChange(id === fallback ? undefined : id)}
            />
            <span className={styles['name']}>{id}</span>
            <ModelFacts model={model} />
          </label>
        );
      })}
    </fieldset>
  );
}

/** Models that leave no choice, with their licences. */
export function FixedModels({
  roles,
  models,
}: {
  roles: readonly ModelChoiceProps['role'][];
  models: readonly ModelInfo[];
}) {
  return (
    <dl className={styles['fixed']}>
      {roles.map(({ role, choices: [id] }) => (
        <div key={role}>
          <dt>
            {humanize(role)}: {id}
          </dt>
          <dd>
            <ModelFacts model={models.find((candidate) => candidate.id === id)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What one must know before a model runs: size, licence, and whether it can run. */
function ModelFacts({ model }: { model: ModelInfo | undefined }) {
  return (
    <span className={styles['facts']}>
      {model ? (
        <>
          <span>{formatBytes(model.bytes)}</span>
          <LicenceBadge licenceId={model.licenceId} commercialUse={model.commercialUse} />
          {model.state === 'missing' && <Badge tone="warn">Not downloaded</Badge>}
          {model.state === 'disabled' && <Badge tone="warn">Disabled</Badge>}
          {model.state === 'failed' && <Badge tone="bad">Failed</Badge>}
        </>
      ) : (
        <span>&nbsp;</span>
      )}
    </span>
  );
}
