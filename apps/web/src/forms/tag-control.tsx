import { useState, type KeyboardEvent } from 'react';
import { Icon } from '../ui/icon.tsx';
import { Frame, type Control } from './fields.tsx';
import own from './fields.module.css';
import type { ListField } from './schema.ts';

/** A list of words: Enter or a comma adds one, Backspace in the empty field takes the last away. */
export function TagControl({ field, value, onChange, error }: Control<ListField>) {
  const [draft, setDraft] = useState('');
  const given = value ?? field.fallback;
  const tags = Array.isArray(given) ? (given as (string | number)[]) : [];
  const set = (next: (string | number)[]): void => onChange(next.length === 0 ? undefined : next);

  const add = (typed: string): void => {
    const words = typed
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
      .map((word) => (field.numbers && /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word))
      .filter((word) => !tags.includes(word));
    if (words.length > 0) set([...tags, ...words]);
    setDraft('');
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if ((event.key === 'Enter' || event.key === ',') && draft.trim() !== '') {
      event.preventDefault();
      add(draft);
    } else if (event.key === 'Backspace' && draft === '' && tags.length > 0) set(tags.slice(0, -1));
  };

  return (
    <Frame field={field} error={error}>
      {({ id, describedBy, invalid }) => (
        <div className={own['tags']} data-invalid={invalid}>
          {tags.map((tag) => (
            <span key={tag} className={own['tag']}>
              {tag}
              <button
                type="button"
                aria-label={`Remove ${tag}`}
                onClick={() => set(tags.filter((other) => other !== tag))}
              >
                <Icon name="close" size={13} />
              </button>
            </span>
          ))}
          <input
            id={id}
            type="text"
            value={draft}
            placeholder={tags.length === 0 ? 'Type, then Enter' : ''}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={onKeyDown}
            onBlur={() => add(draft)}
          />
        </div>
      )}
    </Frame>
  );
}
