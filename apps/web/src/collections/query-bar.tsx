import type { Collection } from '@fovea/contracts';
import { useEffect, useId, useRef, useState, type Dispatch, type FormEvent } from 'react';
import { BlobImage } from '../api/blob-image.tsx';
import { useSession } from '../api/session.tsx';
import { classes, formatNumber } from '../format.ts';
import { Button } from '../ui/button.tsx';
import field from '../ui/field.module.css';
import { Icon } from '../ui/icon.tsx';
import forms from './forms.module.css';
import styles from './query-bar.module.css';
import { K_CHOICES, newPart, partName, type QueryPart, type SearchSettings } from './query.ts';
import { hasSpace, SPACE_TITLES } from './spaces.ts';

const EXAMPLES = ['a dog in the grass', 'people playing a sport', 'something red', 'a house by the water'];

interface QueryBarProps {
  collection: Collection;
  parts: readonly QueryPart[];
  settings: SearchSettings;
  /** Another query. */
  onParts: (parts: readonly QueryPart[]) => void;
  /** More of a query. */
  onSeek: (parts: readonly QueryPart[]) => void;
  onSettings: Dispatch<SearchSettings>;
}

/** The box for words, the button for pictures, the query as chips, and how results are chosen. */
export function QueryBar({ collection, parts, settings, onParts, onSeek, onSettings }: QueryBarProps) {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const id = useId();
  const texts = hasSpace(collection, 'cross-modal');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    onSeek([newPart({ kind: 'text', text: text.trim() })]);
    setText('');
  };
  return (
    <search className={styles['search']}>
      <form className={styles['bar']} onSubmit={submit}>
        <div className={styles['box']}>
          <Icon name="search" />
          <input
            className={field['input']}
            type="search"
            aria-label="Search by a text"
            enterKeyHint="search"
            disabled={!texts}
            placeholder={
              texts
                ? 'What do the pictures show? Or drop one here'
                : 'Drop or paste a picture to search by it'
            }
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </div>
        <input
          ref={picker}
          className="visually-hidden"
          type="file"
          accept="image/*"
          multiple
          tabIndex={-1}
          aria-label="Pictures to search by"
          onChange={({ currentTarget }) => {
            const files = [...(currentTarget.files ?? [])];
            currentTarget.value = '';
            onSeek(files.map((file) => newPart({ kind: 'picture', source: { type: 'file', file } })));
          }}
        />
        <Button icon="image" onClick={() => picker.current?.click()}>
          <span className={styles['wide']}>By picture</span>
        </Button>
        <Button icon="filter" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          <span className={styles['wide']}>Options</span>
        </Button>
      </form>
      {parts.length === 0 && texts && (
        <ul aria-label="Examples" className={styles['chips']}>
          {EXAMPLES.map((example) => (
            <li key={example}>
              <button
                type="button"
                className={styles['example']}
                onClick={() => onParts([newPart({ kind: 'text', text: example })])}
              >
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
      {parts.length > 0 && (
        <ul aria-label="Query" className={styles['chips']}>
          {parts.map((part) => (
            <Chip
              key={part.id}
              part={part}
              onTurn={() =>
                onParts(parts.map((each) => (each === part ? { ...part, minus: !part.minus } : each)))
              }
              onRemove={() => onParts(parts.filter((each) => each !== part))}
            />
          ))}
          <li>
            <button type="button" className={styles['clear']} onClick={() => onParts([])}>
              Clear
            </button>
          </li>
        </ul>
      )}
      <div id={id} hidden={!open} className={styles['options']}>
        <label className={field['field']}>
          Compare by
          <select
            className={field['input']}
            value={settings.space ?? ''}
            onChange={({ target }) => onSettings({ ...settings, space: target.value || undefined })}
          >
            <option value="">Automatic</option>
            {collection.spaces.map(({ space }) => (
              <option key={space.id} value={space.name}>
                {SPACE_TITLES[space.name]}
              </option>
            ))}
          </select>
        </label>
        <label className={field['field']}>
          Results
          <select
            className={field['input']}
            value={settings.k}
            onChange={({ target }) => onSettings({ ...settings, k: Number(target.value) })}
          >
            {K_CHOICES.map((k) => (
              <option key={k} value={k}>
                The best {formatNumber(k)}
              </option>
            ))}
          </select>
        </label>
        <Diversity
          value={settings.diversity}
          onChange={(diversity) => onSettings({ ...settings, diversity })}
        />
      </div>
    </search>
  );
}

/** Asks the server when the slider rests, not on every pixel. */
function Diversity({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const [draft, setDraft] = useState<number>();
  const commit = (): void => {
    if (draft !== undefined && draft !== value) onChange(draft);
    setDraft(undefined);
  };
  return (
    <label className={forms['range']}>
      <span>
        Diversity <output>{Math.round((draft ?? value) * 100)} %</output>
      </span>
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={draft ?? value}
        onChange={({ target }) => setDraft(Number(target.value))}
        onPointerUp={commit}
        onKeyUp={commit}
        onBlur={commit}
      />
    </label>
  );
}

function Chip({ part, onTurn, onRemove }: { part: QueryPart; onTurn: () => void; onRemove: () => void }) {
  const name = partName(part);
  return (
    <li className={classes(styles['chip'], part.minus && styles['minus'])}>
      <button
        type="button"
        aria-label={part.minus ? `Look for ${name} instead of avoiding it` : `Avoid ${name} instead`}
        title={part.minus ? 'Avoided: look for it instead' : 'Sought: avoid it instead'}
        onClick={onTurn}
      >
        <Icon name={part.minus ? 'minus' : 'plus'} size={14} />
      </button>
      <PartPicture part={part} />
      <span className={styles['words']}>{part.kind === 'text' ? `“${name}”` : name}</span>
      <button type="button" aria-label={`Remove ${name} from the query`} onClick={onRemove}>
        <Icon name="close" size={14} />
      </button>
    </li>
  );
}

function PartPicture({ part }: { part: QueryPart }) {
  const { fovea } = useSession();
  if (part.kind === 'item' && part.blob)
    return <BlobImage url={fovea.blobs.url(part.blob, { thumb: 160 })} alt="" fallback={null} />;
  if (part.kind === 'picture' && part.source.type === 'file') return <FileImage file={part.source.file} />;
  return part.kind === 'text' ? null : <Icon name="image" size={16} />;
}

function FileImage({ file }: { file: File }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- an object URL must be made and revoked in one place
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url ? <BlobImage url={url} alt="" fallback={<Icon name="image" size={16} />} /> : null;
}
