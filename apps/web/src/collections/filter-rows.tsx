import { useId } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import field from '../ui/field.module.css';
import styles from './forms.module.css';
import { OPERATORS, type FilterRow, type Operator } from './metadata-filter.ts';

interface FilterRowsProps {
  rows: readonly FilterRow[];
  /** Fields that items have. */
  fields: readonly string[];
  onChange: (rows: readonly FilterRow[]) => void;
}

/** What the metadata must be, row by row; all of it must hold. */
export function FilterRows({ rows, fields, onChange }: FilterRowsProps) {
  const id = useId();
  // Without metadata there is nothing to narrow by.
  if (fields.length === 0 && rows.length === 0) return null;
  const set = (at: number, change: Partial<FilterRow>): void =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...change } : row)));
  return (
    <div role="group" aria-label="Filters on metadata" className={styles['rows']}>
      <datalist id={id}>
        {fields.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {rows.map((row, at) => (
        <div key={at} className={styles['row']}>
          <input
            className={field['input']}
            aria-label="Field"
            list={id}
            placeholder="field"
            autoComplete="off"
            value={row.field}
            onChange={({ target }) => set(at, { field: target.value })}
          />
          <select
            className={field['input']}
            aria-label="Comparison"
            value={row.operator}
            onChange={({ target }) => set(at, { operator: target.value as Operator })}
          >
            {Object.entries(OPERATORS).map(([operator, words]) => (
              <option key={operator} value={operator}>
                {words}
              </option>
            ))}
          </select>
          <input
            className={field['input']}
            aria-label="Value"
            placeholder="value"
            autoComplete="off"
            disabled={row.operator === 'exists'}
            value={row.operator === 'exists' ? '' : row.value}
            onChange={({ target }) => set(at, { value: target.value })}
          />
          <IconButton
            icon="close"
            label="Remove this filter"
            onClick={() => onChange(rows.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      <div>
        <Button
          look="quiet"
          icon="filter"
          onClick={() => onChange([...rows, { field: fields[0] ?? '', operator: 'eq', value: '' }])}
        >
          Filter by metadata
        </Button>
      </div>
    </div>
  );
}
