import type { Collection } from '@fovea/contracts';
import { useDeleteCollection } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { formatNumber } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';

interface DeleteCollectionDialogProps {
  collection: Collection;
  onClose: () => void;
  onDeleted?: () => void;
}

export function DeleteCollectionDialog({ collection, onClose, onDeleted }: DeleteCollectionDialogProps) {
  const deletion = useDeleteCollection(collection.id);
  return (
    <Dialog
      title={`Delete “${collection.name}”?`}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onClick={onClose}>
            Keep it
          </Button>
          <Button
            look="danger"
            icon="trash"
            disabled={deletion.isPending}
            onClick={() => deletion.mutate(undefined, { onSuccess: onDeleted ?? onClose })}
          >
            {deletion.isPending ? 'Deleting' : 'Delete the collection'}
          </Button>
        </>
      }
    >
      <p>
        Its {formatNumber(collection.items)} pictures leave the server where no run and no other collection
        has them. This cannot be undone.
      </p>
      {deletion.isError && <ProblemCard problem={toShownProblem(deletion.error)} />}
    </Dialog>
  );
}
