import type { CollectionItem } from '@fovea/contracts';
import { useState } from 'react';
import { Link } from 'react-router';
import { BlobImage } from '../api/blob-image.tsx';
import { useDeleteItems, useItem } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { formatDate, shortId } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Facts, Hash } from '../ui/facts.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './item-dialog.module.css';
import { MetadataEditor } from './metadata-editor.tsx';

type Like = (itemId: string, name: string, blob: string | null) => void;

interface ItemDialogProps {
  collectionId: string;
  itemId: string;
  onClose: () => void;
  onMoreLike: Like;
  /** Where there is a query to take something away from. */
  onLessLike?: Like | undefined;
}

const nameOf = ({ id, name }: CollectionItem): string => name ?? `picture ${shortId(id)}`;

/** One picture, large, with what is known of it. */
export function ItemDialog({ collectionId, itemId, onClose, onMoreLike, onLessLike }: ItemDialogProps) {
  const item = useItem(collectionId, itemId);
  const deletion = useDeleteItems(collectionId);
  const [asking, setAsking] = useState(false);
  const like = (how: Like) => (): void => {
    if (item.data) how(itemId, nameOf(item.data), item.data.blob);
  };
  return (
    <Dialog
      wide
      title={item.data ? nameOf(item.data) : 'Picture'}
      onClose={onClose}
      actions={
        asking ? (
          <>
            <Button autoFocus onClick={() => setAsking(false)}>
              Keep it
            </Button>
            <Button
              look="danger"
              icon="trash"
              disabled={deletion.isPending}
              onClick={() => deletion.mutate([itemId], { onSuccess: onClose })}
            >
              {deletion.isPending ? 'Deleting' : 'Delete the picture'}
            </Button>
          </>
        ) : (
          <>
            <Button look="quiet" icon="trash" onClick={() => setAsking(true)}>
              Delete
            </Button>
            {onLessLike && (
              <Button icon="minus" disabled={!item.data} onClick={like(onLessLike)}>
                Less like this
              </Button>
            )}
            <Button look="primary" icon="like" disabled={!item.data} onClick={like(onMoreLike)}>
              More like this
            </Button>
          </>
        )
      }
    >
      {item.isError && <ProblemCard problem={toShownProblem(item.error)} />}
      {deletion.isError && <ProblemCard problem={toShownProblem(deletion.error)} />}
      {item.data ? (
        <Details collectionId={collectionId} item={item.data} />
      ) : (
        !item.isError && <Skeleton height="24rem" />
      )}
    </Dialog>
  );
}

function Details({ collectionId, item }: { collectionId: string; item: CollectionItem }) {
  const { fovea } = useSession();
  const { blob, width, height, mime, run, createdAt } = item;
  return (
    <div className={styles['panes']}>
      <div className={styles['picture']} style={{ aspectRatio: `${width} / ${height}` }}>
        <BlobImage
          url={fovea.blobs.url(blob)}
          alt={item.altText ?? nameOf(item)}
          fallback={<p className={styles['missing']}>The picture cannot be shown by this browser.</p>}
        />
      </div>
      <div className={styles['known']}>
        <Facts
          rows={[
            ['Caption', item.altText],
            ['Size', `${width} × ${height} px, ${mime}`],
            ['Added', formatDate(createdAt)],
            ['Run', run && <Link to={`/catalog/${run}`}>{shortId(run)}</Link>],
            ['SHA-256', <Hash key="hash" value={blob} />],
          ]}
        />
        <MetadataEditor key={JSON.stringify(item.metadata)} collectionId={collectionId} item={item} />
      </div>
    </div>
  );
}
