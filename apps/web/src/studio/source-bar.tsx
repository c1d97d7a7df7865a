import type { Media } from '@fovea/contracts';
import { useId, useRef, useState, type FormEvent } from 'react';
import { Button } from '../ui/button.tsx';
import fields from '../ui/field.module.css';
import { CameraDialog } from './camera-dialog.tsx';
import type { Source } from './run-request.ts';
import styles from './source-bar.module.css';

interface SourceBarProps {
  media: Media;
  onSources: (sources: Source[]) => void;
}

/** The ways to bring a picture: files, clipboard, camera, an address. */
export function SourceBar({ media, onSources }: SourceBarProps) {
  const picker = useRef<HTMLInputElement>(null);
  const [camera, setCamera] = useState(false);
  const [address, setAddress] = useState('');
  const [note, setNote] = useState('');
  const id = useId();

  const paste = async (): Promise<void> => {
    try {
      const files: File[] = [];
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((candidate) => candidate.startsWith(`${media}/`));
        if (type)
          files.push(new File([await item.getType(type)], `pasted.${type.split('/')[1] ?? 'png'}`, { type }));
      }
      setNote(files.length === 0 ? 'There is no picture on the clipboard.' : '');
      if (files.length > 0) onSources(files.map((file) => ({ type: 'file', file })));
    } catch {
      setNote('The browser does not let this page read the clipboard: press Ctrl+V or ⌘V instead.');
    }
  };
  const fetchAddress = (event: FormEvent): void => {
    event.preventDefault();
    const url = address.trim();
    if (!URL.canParse(url)) return setNote('This is not an address: it should begin with https://');
    setNote('');
    onSources([{ type: 'url', url }]);
  };

  return (
    <section aria-label="Add an input" className={styles['bar']}>
      <div className={styles['buttons']}>
        <input
          ref={picker}
          id={`${id}-files`}
          className="visually-hidden"
          type="file"
          accept={`${media}/*`}
          multiple
          tabIndex={-1}
          aria-label="Files"
          onChange={({ currentTarget }) => {
            const files = [...(currentTarget.files ?? [])];
            currentTarget.value = ''; // the same file again is a new choice
            setNote('');
            if (files.length > 0) onSources(files.map((file) => ({ type: 'file', file })));
          }}
        />
        <Button icon="upload" onClick={() => picker.current?.click()}>
          Choose files
        </Button>
        <Button icon="clipboard" onClick={() => void paste()}>
          Paste
        </Button>
        {media === 'image' && (
          <Button icon="camera" onClick={() => setCamera(true)}>
            Camera
          </Button>
        )}
      </div>
      <form className={styles['address']} onSubmit={fetchAddress}>
        <label className="visually-hidden" htmlFor={`${id}-url`}>
          Address of a picture
        </label>
        <input
          id={`${id}-url`}
          className={fields['input']}
          type="url"
          inputMode="url"
          placeholder="https://… address of a picture"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
        <Button type="submit" icon="link" disabled={address.trim() === ''}>
          Fetch
        </Button>
      </form>
      <p aria-live="polite" className={styles['note']}>
        {note}
      </p>
      {camera && (
        <CameraDialog
          onClose={() => setCamera(false)}
          onPhoto={(file) => {
            setCamera(false);
            onSources([{ type: 'file', file }]);
          }}
        />
      )}
    </section>
  );
}
