import type { ShownProblem } from '../api/problem.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';

interface DeleteDialogProps {
  hasInput: boolean;
  pending: boolean;
  problem: ShownProblem | undefined;
  onConfirm: () => void;
  onClose: () => void;
}

export function DeleteDialog({ hasInput, pending, problem, onConfirm, onClose }: DeleteDialogProps) {
  return (
    <Dialog
      title="Delete this run?"
      onClose={onClose}
      actions={
        <>
          <Button autoFocus onClick={onClose}>
            Keep it
          </Button>
          <Button look="danger" icon="trash" disabled={pending} onClick={onConfirm}>
            {pending ? 'Deleting' : 'Delete the run'}
          </Button>
        </>
      }
    >
      <p>
        The result and its provenance are removed from the catalog
        {hasInput && ', and the picture too where no other run needs it'}. This cannot be undone.
      </p>
      {problem && <ProblemCard problem={problem} />}
    </Dialog>
  );
}
