import type { Collection } from '@fovea/contracts';
import { useState } from 'react';
import { useChangeCollection } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import field from '../ui/field.module.css';
import { ProblemCard } from '../ui/problem-card.tsx';

export function RenameDialog({ collection, onClose }: { collection: Collection; onClose: () => void }) {
  const [name, setName] = useState(collection.name);
  const change = useChangeCollection(collection.id);
  return (
    <Dialog
      title="Rename the collection"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="rename-collection"
            disabled={change.isPending || name.trim() === ''}
          >
            Rename
          </Button>
        </>
      }
    >
      <form
        id="rename-collection"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ name: name.trim() }, { onSuccess: onClose });
        }}
      >
        <label className={field['field']}>
          Name
          <input
            className={field['input']}
            value={name}
            maxLength={200}
            autoFocus
            autoComplete="off"
            onChange={({ target }) => setName(target.value)}
          />
        </label>
      </form>
      {change.isError && <ProblemCard problem={toShownProblem(change.error)} />}
    </Dialog>
  );
}
