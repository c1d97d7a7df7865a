import { useId, useState } from 'react';
import { useSession } from '../api/session.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import fields from '../ui/field.module.css';

/** Asks for FOVEA_API_KEY once the server wants it. */
export function KeyDialog() {
  const { apiKey, keyWanted, setApiKey, closeKeyDialog } = useSession();
  const [key, setKey] = useState('');
  const id = useId();
  if (!keyWanted) return null;
  return (
    <Dialog
      title="This server needs an API key"
      onClose={closeKeyDialog}
      actions={
        <>
          <Button onClick={closeKeyDialog}>Not now</Button>
          <Button look="primary" type="submit" form={id} disabled={key.trim() === ''}>
            Use this key
          </Button>
        </>
      }
    >
      <form
        id={id}
        className={fields['field']}
        onSubmit={(event) => {
          event.preventDefault();
          setApiKey(key.trim());
          setKey('');
        }}
      >
        {apiKey !== undefined && <p role="alert">The key given before was not accepted.</p>}
        <label htmlFor={`${id}-key`}>API key</label>
        <input
          id={`${id}-key`}
          className={fields['input']}
          type="password"
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <p className={fields['note']}>
          It is the value of FOVEA_API_KEY on the server. It stays in this tab and is forgotten when the tab
          closes.
        </p>
      </form>
    </Dialog>
  );
}
