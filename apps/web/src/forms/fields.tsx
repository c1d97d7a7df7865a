import { useId, useState, type ReactNode } from 'react';
import styles from '../ui/field.module.css';
import own from './fields.module.css';
import type { ChoiceField, Field, JsonField, NumberField, SwitchField, TextField } from './schema.ts';

export interface Control<F extends Field> {
  field: F;
  /** undefined = the default. */
  value: unknown;
  onChange: (value: unknown) => void;
  /** What the server said about this field. */
  error: string | undefined;
}

interface FrameProps {
  field: Field;
  error: string | undefined;
  /** Draws the control with the ids that join it to its label, description and error. */
  children: (ids: { id: string; describedBy: string | undefined; invalid: true | undefined }) => ReactNode;
  /** At the right of the label. */
  aside?: ReactNode;
}

/** Label, control, description and error of one field. */
export function Frame({ field, error, aside, children }: FrameProps) {
  const id = useId();
  const noteId = field.description && `${id}-note`;
  const errorId = error && `${id}-error`;
  return (
    <div className={styles['field']}>
      <div className={own['head']}>
        <label htmlFor={id}>
          {field.title}
          {field.required && ' (needed)'}
        </label>
        {aside}
      </div>
      {children({
        id,
        describedBy: [errorId, noteId].filter(Boolean).join(' ') || undefined,
        invalid: error ? true : undefined,
      })}
      {error && (
        <p id={errorId} className={styles['error']}>
          {error}
        </p>
      )}
      {field.description && (
        <p id={noteId} className={styles['note']}>
          {field.description}
        </p>
      )}
    </div>
  );
}

const asText = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
/** A slider over more steps than this cannot be set exactly. */
const SLIDER_STEPS = 200;

export function NumberControl({ field, value, onChange, error }: Control<NumberField>) {
  const shown = asText(value ?? field.fallback);
  // What is being typed ("0.", "-") need not be a number yet.
  const [draft, setDraft] = useState<string>();
  const { min, max } = field;
  const step =
    field.step ??
    (field.integer ? 1 : min !== undefined && max !== undefined ? (max - min) / 100 : undefined);
  const slides =
    min !== undefined && max !== undefined && step !== undefined && (max - min) / step <= SLIDER_STEPS;
  const take = (typed: string): void => {
    setDraft(typed);
    if (typed.trim() === '') onChange(undefined);
    else if (Number.isFinite(Number(typed))) onChange(Number(typed));
  };
  return (
    <Frame field={field} error={error}>
      {({ id, describedBy, invalid }) => (
        <div className={own['number']}>
          {slides && (
            <input
              type="range"
              aria-label={`${field.title}, slider`}
              min={min}
              max={max}
              step={step}
              value={shown === '' ? min : shown}
              onChange={(event) => {
                setDraft(undefined);
                onChange(Number(event.target.value));
              }}
            />
          )}
          <input
            id={id}
            className={styles['input']}
            type="number"
            inputMode={field.integer ? 'numeric' : 'decimal'}
            min={min}
            max={max}
            step={field.integer ? (field.step ?? 1) : 'any'}
            value={draft ?? shown}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            onChange={(event) => take(event.target.value)}
            onBlur={() => setDraft(undefined)}
          />
        </div>
      )}
    </Frame>
  );
}

export function ChoiceControl({ field, value, onChange, error }: Control<ChoiceField>) {
  const current = field.options.findIndex((option) => option === (value ?? field.fallback));
  return (
    <Frame field={field} error={error}>
      {({ id, describedBy, invalid }) => (
        <select
          id={id}
          className={styles['input']}
          value={String(current)}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          onChange={(event) => onChange(field.options[Number(event.target.value)])}
        >
          {current < 0 && <option value="-1">not set</option>}
          {field.options.map((option, index) => (
            <option key={String(option)} value={index}>
              {String(option)}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

export function SwitchControl({ field, value, onChange, error }: Control<SwitchField>) {
  const id = useId();
  return (
    <div className={styles['field']}>
      <label className={own['switch']} htmlFor={id}>
        <input
          id={id}
          type="checkbox"
          role="switch"
          checked={(value ?? field.fallback) === true}
          aria-describedby={`${id}-note`}
          onChange={(event) => onChange(event.target.checked)}
        />
        {field.title}
      </label>
      <p id={`${id}-note`} className={error ? styles['error'] : styles['note']}>
        {error ?? field.description}
      </p>
    </div>
  );
}

export function TextControl({ field, value, onChange, error }: Control<TextField>) {
  return (
    <Frame field={field} error={error}>
      {({ id, describedBy, invalid }) => (
        <input
          id={id}
          className={styles['input']}
          type="text"
          maxLength={field.maxLength}
          value={asText(value ?? field.fallback)}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
        />
      )}
    </Frame>
  );
}

/** Anything else, as JSON; kept only while it can be parsed. */
export function JsonControl({ field, value, onChange, error }: Control<JsonField>) {
  const initial = value ?? field.fallback;
  const [draft, setDraft] = useState(initial === undefined ? '' : JSON.stringify(initial));
  const [broken, setBroken] = useState(false);
  const take = (typed: string): void => {
    setDraft(typed);
    try {
      onChange(typed.trim() === '' ? undefined : (JSON.parse(typed) as unknown));
      setBroken(false);
    } catch {
      setBroken(true);
    }
  };
  return (
    <Frame field={field} error={broken ? 'This is not JSON yet: the last valid value is used.' : error}>
      {({ id, describedBy, invalid }) => (
        <textarea
          id={id}
          className={styles['input']}
          rows={2}
          spellCheck={false}
          value={draft}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          onChange={(event) => take(event.target.value)}
        />
      )}
    </Frame>
  );
}
