import { SPACE_NAMES, type Collection, type SpaceName } from '@fovea/contracts';
import { useState, type FormEvent } from 'react';
import { useCreateCollection } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useModels } from '../api/queries.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import field from '../ui/field.module.css';
import { ProblemCard } from '../ui/problem-card.tsx';
import styles from './forms.module.css';
import { SPACE_ABOUT, SPACE_TITLES } from './spaces.ts';

/** The model of the picture side of `cross-modal`: its licence is that of what the space is used for. */
const JOINT_MODEL = 'image-projection';

interface CreateDialogProps {
  onClose: () => void;
  onCreated: (collection: Collection) => void;
}

/** Asks for a name and what the pictures shall be found by. */
export function CreateDialog({ onClose, onCreated }: CreateDialogProps) {
  const [spaces, setSpaces] = useState<readonly SpaceName[]>(SPACE_NAMES);
  const [name, setName] = useState('');
  const create = useCreateCollection();
  const joint = useModels().data?.items.find(({ id }) => id === JOINT_MODEL);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate({ name: name.trim(), spaces: [...spaces] }, { onSuccess: onCreated });
  };
  return (
    <Dialog
      title="New collection"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="create-collection"
            disabled={create.isPending || name.trim() === '' || spaces.length === 0}
          >
            {create.isPending ? 'Creating' : 'Create'}
          </Button>
        </>
      }
    >
      <form id="create-collection" className={styles['form']} onSubmit={submit}>
        <label className={field['field']}>
          Name
          <input
            className={field['input']}
            value={name}
            maxLength={200}
            required
            autoFocus
            autoComplete="off"
            placeholder="Holidays"
            onChange={({ target }) => setName(target.value)}
          />
        </label>
        <fieldset className={styles['choices']}>
          <legend>Find pictures by</legend>
          {SPACE_NAMES.map((space) => (
            <label key={space} className={styles['choice']}>
              <input
                type="checkbox"
                checked={spaces.includes(space)}
                onChange={({ target }) =>
                  setSpaces(
                    SPACE_NAMES.filter((each) => (each === space ? target.checked : spaces.includes(each))),
                  )
                }
              />
              <span>
                <strong>{SPACE_TITLES[space]}</strong>
                <span className={field['note']}>{SPACE_ABOUT[space]}</span>
                {space === 'cross-modal' && joint && !joint.commercialUse && (
                  <span className={styles['licence']}>
                    Research only: its weights were trained on Flickr8k, which allows no commercial use.
                  </span>
                )}
              </span>
            </label>
          ))}
        </fieldset>
      </form>
      {create.isError && <ProblemCard problem={toShownProblem(create.error)} />}
    </Dialog>
  );
}
