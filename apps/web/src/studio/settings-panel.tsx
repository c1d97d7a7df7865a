import type { FieldError, ModelInfo, TaskInfo } from '@fovea/contracts';
import { useState, type FormEvent } from 'react';
import { SchemaFields } from '../forms/schema-form.tsx';
import type { Field, Values } from '../forms/schema.ts';
import { humanize } from '../format.ts';
import { Button } from '../ui/button.tsx';
import fieldStyles from '../ui/field.module.css';
import { Panel } from '../ui/panel.tsx';
import { FixedModels, ModelChoice } from './model-choice.tsx';
import styles from './settings-panel.module.css';

/** What a run is made of beside its picture. */
export interface Settings {
  readonly values: Values;
  /** By role; what is missing has the task's default. */
  readonly models: Readonly<Record<string, string>>;
  /** Files of the inputs after the primary, by name. */
  readonly others: Readonly<Record<string, File>>;
}
export const NO_SETTINGS: Settings = { values: {}, models: {}, others: {} };

interface SettingsPanelProps {
  task: TaskInfo;
  fields: readonly Field[];
  models: readonly ModelInfo[];
  settings: Settings;
  onChange: (settings: Settings) => void;
  /** Of the last run, shown beside their fields. */
  errors: readonly FieldError[];
  /** Why Run cannot be pressed, or what pressing it would change. */
  note: string;
  canRun: boolean;
  busy: boolean;
  onRun: () => void;
}

/** What runs where nobody chooses: a parameter may decide it. */
function defaultModel(role: TaskInfo['models'][number], fields: readonly Field[], values: Values): string {
  const { defaultBy } = role;
  if (!defaultBy) return role.default;
  const value = values[defaultBy.param] ?? fields.find(({ name }) => name === defaultBy.param)?.fallback;
  return defaultBy.models[String(value)] ?? role.default;
}

/** The form of a task: its models, its parameters, and Run. */
export function SettingsPanel({
  task,
  fields,
  models,
  settings,
  onChange,
  errors,
  note,
  canRun,
  busy,
  onRun,
}: SettingsPanelProps) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (canRun) onRun();
  };
  // What is half typed and which files are shown is the controls' own: a reset makes them anew.
  const [resets, setResets] = useState(0);
  const reset = (): void => {
    setResets(resets + 1);
    onChange(NO_SETTINGS);
  };
  const changed = settings !== NO_SETTINGS;
  /** Beside the primary, what leaves no choice need not be looked at. */
  const isFixed = ({ role, choices }: TaskInfo['models'][number]) => role !== 'primary' && choices.length < 2;
  const fixed = task.models.filter(isFixed);
  const chosen = task.models.filter((role) => !isFixed(role));
  return (
    <Panel
      title="Settings"
      aside={
        <Button look="quiet" className={styles['reset']} disabled={!changed} onClick={reset}>
          Reset
        </Button>
      }
    >
      <form key={resets} className={styles['form']} noValidate onSubmit={submit}>
        {chosen.map((role) => (
          <ModelChoice
            key={role.role}
            role={role}
            models={models}
            fallback={defaultModel(role, fields, settings.values)}
            value={settings.models[role.role]}
            onChange={(model) => {
              const { [role.role]: _, ...rest } = settings.models;
              onChange({ ...settings, models: model === undefined ? rest : { ...rest, [role.role]: model } });
            }}
          />
        ))}
        {fixed.length > 0 && (
          <details>
            <summary>{fixed.length === 1 ? 'One more model' : `${fixed.length} more models`}</summary>
            <FixedModels roles={fixed} models={models} />
          </details>
        )}
        {task.inputs.slice(1).map((input) => (
          <div key={input.name} className={fieldStyles['field']}>
            <label htmlFor={`input-${input.name}`}>
              {humanize(input.name)}
              {input.min > 0 && ' (needed)'}
            </label>
            <input
              id={`input-${input.name}`}
              type="file"
              accept={`${input.media}/*`}
              onChange={({ currentTarget }) => {
                const { [input.name]: _, ...rest } = settings.others;
                const file = currentTarget.files?.[0];
                onChange({ ...settings, others: file ? { ...rest, [input.name]: file } : rest });
              }}
            />
            {input.description && <p className={fieldStyles['note']}>{input.description}</p>}
          </div>
        ))}
        <SchemaFields
          fields={fields}
          values={settings.values}
          errors={errors}
          onChange={(values) => onChange({ ...settings, values })}
        />
        <div className={styles['run']}>
          <Button look="primary" type="submit" icon="play" disabled={!canRun}>
            {busy ? 'Run again' : 'Run'}
            <kbd aria-hidden="true">Enter</kbd>
          </Button>
          <p className={fieldStyles['note']} aria-live="polite">
            {note}
          </p>
        </div>
      </form>
    </Panel>
  );
}
