import type { Collection, ItemPage } from '@fovea/contracts';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { toShownProblem } from '../api/problem.ts';
import { shortId } from '../format.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { More } from '../ui/more.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import forms from './forms.module.css';
import { ImportDialog } from './import-dialog.tsx';
import { Tile, TileSkeleton } from './tile.tsx';
import grid from './tile.module.css';
import { UploadPanel } from './upload-panel.tsx';
import type { Uploads } from './use-uploads.ts';

interface GalleryProps {
  collection: Collection;
  pages: UseInfiniteQueryResult<InfiniteData<ItemPage>>;
  uploads: Uploads;
  filtered: boolean;
  onOpen: (itemId: string) => void;
  onMoreLike: (itemId: string, name: string, blob: string | null) => void;
}

/** All pictures, newest first, and the ways to bring more. */
export function Gallery({ collection, pages, uploads, filtered, onOpen, onMoreLike }: GalleryProps) {
  const items = pages.data?.pages.flatMap((page) => page.items);
  if (pages.isError && !items) return <ProblemCard problem={toShownProblem(pages.error)} />;
  return (
    <>
      {/* One element in every case: a choice of files that is being made outlives the answer of the list. */}
      <AddButtons collectionId={collection.id} uploads={uploads} />
      <UploadPanel uploads={uploads} />
      {items?.length === 0 && !filtered && (
        <Empty icon="image" title="No pictures yet">
          <p>Drop pictures or whole folders of them here, or bring them in another way.</p>
        </Empty>
      )}
      {items?.length === 0 && filtered && (
        <Empty icon="filter" title="No picture has such metadata">
          <p>Loosen the filter, or remove a row of it.</p>
        </Empty>
      )}
      {items?.length !== 0 && (
        <ul aria-label="Pictures" aria-busy={!items} className={grid['grid']}>
          {items?.map(({ id, name, altText, blob }) => {
            const called = name ?? `picture ${shortId(id)}`;
            return (
              <li key={id}>
                <Tile blob={blob} name={called} altText={altText} onOpen={() => onOpen(id)}>
                  <IconButton
                    icon="like"
                    label={`More like ${called}`}
                    onClick={() => onMoreLike(id, called, blob)}
                  />
                </Tile>
              </li>
            );
          })}
          {(!items || pages.isFetchingNextPage) &&
            Array.from({ length: items ? 6 : 18 }, (_, at) => (
              <li key={`skeleton ${at}`} aria-hidden="true">
                <TileSkeleton />
              </li>
            ))}
        </ul>
      )}
      {pages.isFetchNextPageError && <ProblemCard problem={toShownProblem(pages.error)} />}
      {pages.hasNextPage && (
        <More
          disabled={pages.isFetchingNextPage}
          failed={pages.isFetchNextPageError}
          onMore={() => void pages.fetchNextPage()}
        />
      )}
    </>
  );
}

/** Files, a folder, or an import. */
function AddButtons({ collectionId, uploads }: { collectionId: string; uploads: Uploads }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [importing, setImporting] = useState(false);
  const take = (input: HTMLInputElement): void => {
    const chosen = [...(input.files ?? [])];
    input.value = ''; // the same files again are a new choice
    if (chosen.length > 0) uploads.add(chosen);
  };
  return (
    <div role="group" aria-label="Add pictures" className={forms['actions']}>
      <input
        ref={files}
        className="visually-hidden"
        type="file"
        accept="image/*"
        multiple
        tabIndex={-1}
        aria-label="Pictures to add"
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <input
        ref={folder}
        className="visually-hidden"
        type="file"
        tabIndex={-1}
        aria-label="Folder of pictures to add"
        {...{ webkitdirectory: '' }}
        onChange={({ currentTarget }) => take(currentTarget)}
      />
      <Button look="primary" icon="upload" onClick={() => files.current?.click()}>
        Add pictures
      </Button>
      <Button icon="folder" onClick={() => folder.current?.click()}>
        Add a folder
      </Button>
      <Button icon="download" onClick={() => setImporting(true)}>
        Import
      </Button>
      {importing && <ImportDialog collectionId={collectionId} onClose={() => setImporting(false)} />}
    </div>
  );
}
