import type { Collection, CollectionItem } from '@fovea/contracts';
import { useState } from 'react';
import { BlobImage } from '../api/blob-image.tsx';
import { useDeleteItems, useDuplicates } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { formatDate, formatNumber, shortId } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './duplicates-tab.module.css';
import forms from './forms.module.css';
import { hasSpace } from './spaces.ts';

/** Pictures that are nearly the same: the oldest of each group stays, the others are ticked and deleted at once. */
export function DuplicatesTab({ collection }: { collection: Collection }) {
  const { id } = collection;
  const space = hasSpace(collection, 'visual') ? 'visual' : 'cross-modal';
  const [cutoff, setCutoff] = useState<number>();
  const [draft, setDraft] = useState<number>();
  // What the person changed; all but the oldest of a group are ticked from the beginning.
  const [changed, setChanged] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [asking, setAsking] = useState(false);
  const duplicates = useDuplicates(id, { space, minScore: cutoff ?? 'auto' });
  const deletion = useDeleteItems(id);
  const groups = duplicates.data?.groups ?? [];
  const isTicked = (item: CollectionItem, at: number): boolean => changed.get(item.id) ?? at > 0;
  const ticked = groups.flatMap(({ items }) => items.filter(isTicked).map((item) => item.id));
  const shownCutoff = draft ?? cutoff ?? duplicates.data?.cutoff;
  const commit = (): void => {
    if (draft !== undefined) setCutoff(draft);
    setDraft(undefined);
  };
  return (
    <>
      <div className={styles['head']}>
        <label className={forms['range']}>
          <span>
            As alike as <output>{shownCutoff?.toFixed(3) ?? '…'}</output>
          </span>
          <input
            type="range"
            min={0.5}
            max={1}
            step={0.005}
            value={shownCutoff ?? 0.9}
            onChange={({ target }) => setDraft(Number(target.value))}
            onPointerUp={commit}
            onKeyUp={commit}
            onBlur={commit}
          />
        </label>
        <p role="status" className={styles['count']}>
          {duplicates.data &&
            `${formatNumber(duplicates.data.total)} ${duplicates.data.total === 1 ? 'group' : 'groups'} among ${formatNumber(duplicates.data.searched)} pictures`}
        </p>
        {ticked.length > 0 && (
          <Button look="danger" icon="trash" onClick={() => setAsking(true)}>
            Delete {formatNumber(ticked.length)} ticked
          </Button>
        )}
      </div>
      {duplicates.isError && <ProblemCard problem={toShownProblem(duplicates.error)} />}
      {duplicates.isPending && <Skeleton height="14rem" />}
      {duplicates.data && groups.length === 0 && (
        <Empty icon="check" title="No two pictures are nearly the same">
          <p>Slide to the left to also see those that are only similar.</p>
        </Empty>
      )}
      <ul aria-label="Groups" aria-busy={duplicates.isPlaceholderData} className={styles['groups']}>
        {groups.map(({ items, score }) => (
          <li key={items[0]?.id} className={styles['group']}>
            <p className={styles['count']}>
              {formatNumber(items.length)} pictures, alike by at least {score.toFixed(3)}
            </p>
            <ul className={styles['items']}>
              {items.map((item, at) => (
                <li key={item.id}>
                  <Copy
                    item={item}
                    oldest={at === 0}
                    ticked={isTicked(item, at)}
                    onTick={(tick) => setChanged(new Map(changed).set(item.id, tick))}
                  />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {duplicates.data && duplicates.data.total > groups.length && (
        <p className={styles['count']}>
          The largest {formatNumber(groups.length)} groups are shown; the others come when these are sorted
          out.
        </p>
      )}
      {asking && (
        <Dialog
          title={`Delete ${formatNumber(ticked.length)} ${ticked.length === 1 ? 'picture' : 'pictures'}?`}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button autoFocus onClick={() => setAsking(false)}>
                Keep them
              </Button>
              <Button
                look="danger"
                icon="trash"
                disabled={deletion.isPending}
                onClick={() => deletion.mutate(ticked, { onSuccess: () => setAsking(false) })}
              >
                {deletion.isPending ? 'Deleting' : 'Delete the ticked'}
              </Button>
            </>
          }
        >
          <p>The ticked pictures leave this collection. This cannot be undone.</p>
          {groups.some(({ items }) => items.every(isTicked)) && (
            <p>In at least one group every picture is ticked: none of it would stay.</p>
          )}
          {deletion.isError && <ProblemCard problem={toShownProblem(deletion.error)} />}
        </Dialog>
      )}
    </>
  );
}

interface CopyProps {
  item: CollectionItem;
  oldest: boolean;
  ticked: boolean;
  onTick: (ticked: boolean) => void;
}

function Copy({ item, oldest, ticked, onTick }: CopyProps) {
  const { fovea } = useSession();
  const name = item.name ?? `picture ${shortId(item.id)}`;
  return (
    <label className={styles['copy']}>
      <span className={styles['picture']}>
        <BlobImage
          url={fovea.blobs.url(item.blob, { thumb: 320 })}
          alt={item.altText ?? ''}
          lazy
          fallback={null}
        />
      </span>
      <span className={styles['about']}>
        <input type="checkbox" checked={ticked} onChange={({ target }) => onTick(target.checked)} />
        <span>
          <span className={styles['name']}>{name}</span>
          <span className={styles['count']}>
            {item.width} × {item.height}
            {oldest && ', the oldest'}
          </span>
          <time className="visually-hidden" dateTime={item.createdAt}>
            {formatDate(item.createdAt)}
          </time>
        </span>
      </span>
    </label>
  );
}
