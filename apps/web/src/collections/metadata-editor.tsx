import type { CollectionItem } from '@fovea/contracts';
import { useState } from 'react';
import { useSetMetadata } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { Button, IconButton } from '../ui/button.tsx';
import field from '../ui/field.module.css';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './forms.module.css';
import { fromRows, toRows, VALUE_TYPES, type MetadataRow, type ValueType } from './metadata-rows.ts';

/** Names and values of an item, to be changed and saved. */
export function MetadataEditor({ collectionId, item }: { collectionId: string; item: CollectionItem }) {
  const [rows, setRows] = useState<readonly MetadataRow[]>(() => toRows(item.metadata));
  const [fault, setFault] = useState('');
  const save = useSetMetadata(collectionId, item.id);
  const set = (at: number, change: Partial<MetadataRow>): void =>
    setRows(rows.map((row, index) => (index === at ? { ...row, ...change } : row)));
  const submit = (): void => {
    try {
      const metadata = fromRows(rows);
      setFault('');
      save.mutate(metadata);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      setFault(error.message);
    }
  };
  const changed = JSON.stringify(rows) !== JSON.stringify(toRows(item.metadata));
  return (
    <form
      aria-label="Metadata"
      className={styles['rows']}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <h3>Metadata</h3>
      {rows.length === 0 && <p className={field['note']}>None yet. Searches can be narrowed by it.</p>}
      {rows.map((row, at) => (
        <div key={at} className={styles['row']}>
          <input
            className={field['input']}
            aria-label="Name"
            placeholder="name"
            autoComplete="off"
            value={row.name}
            onChange={({ target }) => set(at, { name: target.value })}
          />
          <select
            className={field['input']}
            aria-label="Type"
            value={row.type}
            onChange={({ target }) => set(at, { type: target.value as ValueType })}
          >
            {Object.entries(VALUE_TYPES).map(([type, words]) => (
              <option key={type} value={type}>
                {words}
              </option>
            ))}
          </select>
          {row.type === 'boolean' ? (
            <select
              className={field['input']}
              aria-label="Value"
              value={row.text === 'true' ? 'true' : 'false'}
              onChange={({ target }) => set(at, { text: target.value })}
            >
              <option value="true">Yes</option>
              <option value="false">No</option>
            </select>
          ) : (
            <input
              className={field['input']}
              aria-label="Value"
              placeholder="value"
              autoComplete="off"
              inputMode={row.type === 'number' ? 'decimal' : undefined}
              disabled={row.type === 'null'}
              value={row.type === 'null' ? '' : row.text}
              onChange={({ target }) => set(at, { text: target.value })}
            />
          )}
          <IconButton
            icon="close"
            label={`Remove ${row.name || 'this row'}`}
            onClick={() => setRows(rows.filter((_, index) => index !== at))}
          />
        </div>
      ))}
      {fault && (
        <p role="alert" className={field['error']}>
          {fault}
        </p>
      )}
      {save.isError && <ProblemCard problem={toShownProblem(save.error)} />}
      <div className={styles['actions']}>
        <Button
          look="quiet"
          icon="plus"
          onClick={() => setRows([...rows, { name: '', type: 'text', text: '' }])}
        >
          Add a row
        </Button>
        {changed && (
          <Button type="submit" icon="check" disabled={save.isPending}>
            {save.isPending ? 'Saving' : 'Save the metadata'}
          </Button>
        )}
      </div>
    </form>
  );
}
