import type { Collection } from '@fovea/contracts';
import { useState } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { useCollection } from '../api/collection-queries.ts';
import { toShownProblem } from '../api/problem.ts';
import { formatNumber } from '../format.ts';
import { BackLink, Page } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './collection-page.module.css';
import { DeleteCollectionDialog } from './delete-collection-dialog.tsx';
import { DuplicatesTab } from './duplicates-tab.tsx';
import { IndexTab } from './index-tab.tsx';
import { JobsLine } from './jobs-line.tsx';
import { MapTab } from './map-tab.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import { SearchTab } from './search-tab.tsx';

const TABS = [
  ['pictures', 'Pictures'],
  ['duplicates', 'Duplicates'],
  ['map', 'Map'],
  ['index', 'Index'],
] as const;
type Tab = (typeof TABS)[number][0];

/** `/collections/:id`: the pictures, searched, sorted out and seen as a map. */
export function CollectionPage() {
  const { id = '' } = useParams();
  const collection = useCollection(id);
  if (collection.data) return <Loaded key={id} collection={collection.data} />;
  return (
    <Page title="Collection" above={<BackLink to="/collections">Collections</BackLink>}>
      {collection.isError ? (
        <ProblemCard problem={toShownProblem(collection.error)} />
      ) : (
        <Skeleton height="24rem" />
      )}
    </Page>
  );
}

function Loaded({ collection }: { collection: Collection }) {
  const [address, setAddress] = useSearchParams();
  const [dialog, setDialog] = useState<'rename' | 'delete'>();
  const navigate = useNavigate();
  const tab: Tab = TABS.find(([name]) => name === address.get('tab'))?.[0] ?? 'pictures';
  const open = (name: Tab, query: Record<string, string> = {}): void =>
    setAddress(name === 'pictures' ? query : { ...query, tab: name });
  const moreLike = (itemId: string): void => open('pictures', { like: itemId });
  const close = (): void => setDialog(undefined);
  return (
    <Page
      title={collection.name}
      above={<BackLink to="/collections">Collections</BackLink>}
      lead={collection.items === 1 ? '1 picture' : `${formatNumber(collection.items)} pictures`}
      aside={
        <>
          <Button look="quiet" onClick={() => setDialog('rename')}>
            Rename
          </Button>
          <Button look="quiet" icon="trash" onClick={() => setDialog('delete')}>
            Delete
          </Button>
        </>
      }
    >
      {dialog === 'rename' && <RenameDialog collection={collection} onClose={close} />}
      {dialog === 'delete' && (
        <DeleteCollectionDialog
          collection={collection}
          onClose={close}
          onDeleted={() => void navigate('/collections')}
        />
      )}
      <nav aria-label="Views of the collection" className={styles['tabs']}>
        {TABS.map(([name, title]) => (
          <button
            key={name}
            type="button"
            aria-current={tab === name ? 'page' : undefined}
            onClick={() => open(name)}
          >
            {title}
          </button>
        ))}
      </nav>
      <JobsLine collectionId={collection.id} />
      {/* Kept while another view is open: the query and what is being uploaded live in it. */}
      <div hidden={tab !== 'pictures'} className={styles['tab']}>
        <SearchTab collection={collection} active={tab === 'pictures'} />
      </div>
      {tab === 'duplicates' && <DuplicatesTab collection={collection} />}
      {tab === 'map' && (
        <MapTab collection={collection} onMoreLike={moreLike} onList={() => open('pictures')} />
      )}
      {tab === 'index' && <IndexTab collection={collection} />}
    </Page>
  );
}
