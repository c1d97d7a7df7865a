import { isTask, type ModelInfo, type TaskInfo } from '@fovea/contracts';
import { useEffect, useEffectEvent, useId, useState } from 'react';
import { classes } from '../format.ts';
import { Button } from '../ui/button.tsx';
import fields from '../ui/field.module.css';
import { Icon } from '../ui/icon.tsx';
import { describeFilter, type Filters } from './filters.ts';
import styles from './filter-bar.module.css';

interface FilterBarProps {
  filters: Filters;
  tasks: readonly TaskInfo[];
  models: readonly ModelInfo[];
  onChange: (filters: Filters) => void;
  /** Whether the server can compare texts with pictures. */
  canMean: boolean;
}

/** Search, the other filters behind a button on small screens, and what is set, to be taken away one by one. */
export function FilterBar({ filters, tasks, models, onChange, canMean }: FilterBarProps) {
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState(filters.q !== undefined);
  const id = useId();
  const byMeaning = canMean && !words;
  const set = <N extends keyof Filters>(name: N, value: Filters[N] | undefined): void => {
    const { [name]: _, ...rest } = filters;
    onChange(value === undefined || value === '' ? rest : { ...rest, [name]: value });
  };
  /** The box searches one way at a time. */
  const setText = (text: string, meaning: boolean): void => {
    const { q: _, about: __, ...rest } = filters;
    onChange(text === '' ? rest : { ...rest, [meaning ? 'about' : 'q']: text });
  };
  const active = Object.keys(filters) as (keyof Filters)[];
  return (
    <search className={styles['filters']}>
      <div className={styles['bar']}>
        <div className={styles['search']}>
          <Icon name="search" />
          <LazyInput
            type="search"
            label={byMeaning ? 'Search by meaning' : 'Search words'}
            placeholder={byMeaning ? 'What do the pictures show?' : 'Labels, captions, answers'}
            value={filters.about ?? filters.q ?? ''}
            onChange={(text) => setText(text, byMeaning)}
          />
        </div>
        {canMean && (
          <select
            className={classes(fields['input'], styles['mode'])}
            aria-label="Search by"
            value={byMeaning ? 'meaning' : 'words'}
            onChange={({ target }) => {
              setWords(target.value === 'words');
              setText(filters.about ?? filters.q ?? '', target.value === 'meaning');
            }}
          >
            <option value="meaning">Meaning</option>
            <option value="words">Words</option>
          </select>
        )}
        <Button
          icon="filter"
          className={styles['more']}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >
          Filters
        </Button>
      </div>
      <div id={id} className={styles['fields']} data-open={open}>
        <label className={styles['field']}>
          Task
          <select
            className={fields['input']}
            value={filters.task ?? ''}
            onChange={({ target }) => set('task', isTask(target.value) ? target.value : undefined)}
          >
            <option value="">All</option>
            {tasks.map(({ task, title }) => (
              <option key={task} value={task}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label className={styles['field']}>
          Model
          <select
            className={fields['input']}
            value={filters.model ?? ''}
            onChange={({ target }) => set('model', target.value)}
          >
            <option value="">All</option>
            {models.map((model) => (
              <option key={model.id}>{model.id}</option>
            ))}
          </select>
        </label>
        <label className={styles['field']}>
          Exact label
          <LazyInput
            type="text"
            label="Exact label"
            placeholder="tabby"
            value={filters.label ?? ''}
            onChange={(label) => set('label', label)}
          />
        </label>
        <label className={styles['field']}>
          Minimum score, %
          <LazyInput
            type="number"
            label="Minimum score, %"
            placeholder="0"
            value={filters.minScore === undefined ? '' : String(Math.round(filters.minScore * 100))}
            onChange={(percent) => {
              const score = Math.min(100, Math.max(0, Math.round(Number(percent)))) / 100;
              set('minScore', score > 0 ? score : undefined);
            }}
          />
        </label>
        <label className={styles['field']}>
          From
          <input
            className={fields['input']}
            type="date"
            value={filters.since ?? ''}
            onChange={({ target }) => set('since', target.value)}
          />
        </label>
        <label className={styles['field']}>
          To
          <input
            className={fields['input']}
            type="date"
            value={filters.until ?? ''}
            onChange={({ target }) => set('until', target.value)}
          />
        </label>
      </div>
      {active.length > 0 && (
        <ul aria-label="Filters in use" className={styles['active']}>
          {active.map((name) => (
            <li key={name}>
              <button
                type="button"
                aria-label={`Remove filter ${describeFilter(name, filters)}`}
                onClick={() => set(name, undefined)}
              >
                {describeFilter(name, filters)}
                <Icon name="close" size={13} />
              </button>
            </li>
          ))}
          <li>
            <button type="button" className={styles['clear']} onClick={() => onChange({})}>
              Clear all
            </button>
          </li>
        </ul>
      )}
    </search>
  );
}

/** How long typing must pause before the catalog is asked. */
const PAUSE_MS = 350;

interface LazyInputProps {
  type: 'search' | 'text' | 'number';
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}

/** An input whose value goes on when typing pauses, or at once with Enter. */
function LazyInput({ type, label, placeholder, value, onChange }: LazyInputProps) {
  const [draft, setDraft] = useState<string>();
  const commit = useEffectEvent(() => {
    if (draft !== undefined && draft.trim() !== value) onChange(draft.trim());
    setDraft(undefined);
  });
  useEffect(() => {
    if (draft === undefined) return;
    const timer = setTimeout(() => commit(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  return (
    <input
      className={fields['input']}
      type={type}
      aria-label={label}
      placeholder={placeholder}
      value={draft ?? value}
      onChange={({ target }) => setDraft(target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || draft === undefined) return;
        onChange(draft.trim());
        setDraft(undefined);
      }}
    />
  );
}
