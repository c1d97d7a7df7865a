import type { Collection } from '@fovea/contracts';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { BlobImage } from '../api/blob-image.tsx';
import { useCollectionPages, useCover } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { formatAgo, formatDate, formatNumber } from '../format.ts';
import { Page } from '../shell/page.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { More } from '../ui/more.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './collections-page.module.css';
import { CreateDialog } from './create-dialog.tsx';
import { DeleteCollectionDialog } from './delete-collection-dialog.tsx';
import { SPACE_TITLES } from './spaces.ts';

/** `/collections`: pictures that can be searched. */
export function CollectionsPage() {
  const pages = useCollectionPages();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const collections = pages.data?.pages.flatMap((page) => page.items);
  const create = (
    <Button look="primary" icon="plus" onClick={() => setCreating(true)}>
      New collection
    </Button>
  );
  return (
    <Page
      title="Collections"
      lead="Pictures that are found by what they show, by what they look like, or by another picture."
      aside={collections && collections.length > 0 ? create : undefined}
    >
      {creating && (
        <CreateDialog
          onClose={() => setCreating(false)}
          onCreated={({ id }) => void navigate(`/collections/${id}`)}
        />
      )}
      {pages.isError && !collections && (
        <ProblemCard
          problem={toShownProblem(pages.error)}
          action={
            <Button icon="replay" onClick={() => void pages.refetch()}>
              Try again
            </Button>
          }
        />
      )}
      {collections?.length === 0 && (
        <Empty icon="image" title="There is no collection yet">
          <p>
            Make one, drop your pictures on it, and then find them again: “a dog on the beach”, or “like this
            one”.
          </p>
          {create}
        </Empty>
      )}
      {collections?.length !== 0 && !(pages.isError && !collections) && (
        <ul aria-label="Collections" aria-busy={!collections} className={styles['grid']}>
          {collections?.map((collection) => (
            <li key={collection.id}>
              <CollectionCard collection={collection} />
            </li>
          ))}
          {!collections &&
            Array.from({ length: 3 }, (_, index) => (
              <li key={index} aria-hidden="true">
                <Skeleton height="16.5rem" />
              </li>
            ))}
        </ul>
      )}
      {pages.hasNextPage && (
        <More
          disabled={pages.isFetchingNextPage}
          failed={pages.isFetchNextPageError}
          onMore={() => void pages.fetchNextPage()}
        />
      )}
    </Page>
  );
}

function CollectionCard({ collection }: { collection: Collection }) {
  const { id, name, items, spaces, updatedAt } = collection;
  const [deleting, setDeleting] = useState(false);
  return (
    <article className={styles['card']}>
      <Cover id={id} />
      <div className={styles['text']}>
        <h2 className={styles['name']}>
          <Link to={`/collections/${id}`}>{name}</Link>
        </h2>
        <IconButton
          icon="trash"
          label={`Delete ${name}`}
          className={styles['delete']}
          onClick={() => setDeleting(true)}
        />
      </div>
      <p className={styles['meta']}>
        <span>{items === 1 ? '1 picture' : `${formatNumber(items)} pictures`}</span>
        <time dateTime={updatedAt} title={formatDate(updatedAt)}>
          {formatAgo(updatedAt)}
        </time>
      </p>
      <p className={styles['spaces']}>
        {spaces.map(({ space, next }) => (
          <Badge key={space.id} tone={next ? 'accent' : 'neutral'}>
            {SPACE_TITLES[space.name]}
            {next && ', embedding again'}
          </Badge>
        ))}
      </p>
      {deleting && <DeleteCollectionDialog collection={collection} onClose={() => setDeleting(false)} />}
    </article>
  );
}

/** The newest four pictures. */
function Cover({ id }: { id: string }) {
  const { fovea } = useSession();
  const cover = useCover(id).data ?? [];
  return (
    <div aria-hidden="true" className={styles['cover']}>
      {Array.from({ length: 4 }, (_, at) => {
        const item = cover[at];
        return (
          <span key={at}>
            {item && <BlobImage url={fovea.blobs.url(item.blob, { thumb: 320 })} alt="" fallback={null} />}
          </span>
        );
      })}
    </div>
  );
}
