import type { ResultOf } from '@fovea/contracts';
import { BlobImage } from '../api/blob-image.tsx';
import { useExplanation, type PreparedSearch } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import field from '../ui/field.module.css';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './item-dialog.module.css';

interface ExplainDialogProps {
  collectionId: string;
  search: PreparedSearch;
  match: ResultOf<'matches'>['items'][number] | undefined;
  /** In the result. */
  place: number;
  onClose: () => void;
}

const CAPTIONS: Readonly<Record<string, string>> = { query: 'What was asked for', match: 'What was found' };

/** Which regions of the two pictures agree. */
export function ExplainDialog({ collectionId, search, match, place, onClose }: ExplainDialogProps) {
  const { fovea } = useSession();
  const explanation = useExplanation(collectionId, search, place);
  const maps = (explanation.data?.attachments ?? []).filter(
    ({ role, index }) => role === 'match-map' && index === place,
  );
  return (
    <Dialog
      wide
      title={`Why ${match?.name ?? 'this picture'} was found`}
      onClose={onClose}
      actions={<Button onClick={onClose}>Close</Button>}
    >
      {match && (
        <p>
          Rank {place + 1}, score {match.score.toFixed(3)}: the cosine of the angle between the two, 1 for the
          same, about 0 for nothing in common.
        </p>
      )}
      {explanation.isError && <ProblemCard problem={toShownProblem(explanation.error)} />}
      {explanation.isPending && (
        <div aria-busy="true" className={styles['pair']}>
          <Skeleton className={styles['square']} height="auto" />
          <Skeleton className={styles['square']} height="auto" />
        </div>
      )}
      {maps.length > 0 && (
        <>
          <div className={styles['pair']}>
            {maps.map(({ blob, caption = '' }) => (
              <figure key={`${blob} ${caption}`}>
                <div className={styles['square']}>
                  <BlobImage
                    url={fovea.blobs.url(blob)}
                    alt={`${CAPTIONS[caption] ?? caption}: the brighter a region, the more it agrees`}
                    fallback={<span>Not kept on the server</span>}
                  />
                </div>
                <figcaption>{CAPTIONS[caption] ?? caption}</figcaption>
              </figure>
            ))}
          </div>
          <p className={field['note']}>
            The brighter a region, the more it agrees with the {maps.length > 1 ? 'other picture' : 'query'}.
          </p>
        </>
      )}
      {explanation.data && maps.length === 0 && (
        <p>{explanation.data.note ?? 'For this kind of query there is no map of regions.'}</p>
      )}
    </Dialog>
  );
}
