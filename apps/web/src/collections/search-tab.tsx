import type { Collection } from '@fovea/contracts';
import { useEffect, useEffectEvent, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useCollection, useCutoff, useItemPages, useSearch } from '../api/collection-queries.ts';
import { useSession } from '../api/session.tsx';
import { useIncoming } from '../shell/incoming.tsx';
import type { Source } from '../studio/run-request.ts';
import { DropZones, type DropZone } from './drop-zones.tsx';
import { ExplainDialog } from './explain-dialog.tsx';
import { FilterRows } from './filter-rows.tsx';
import { Gallery } from './gallery.tsx';
import { ItemDialog } from './item-dialog.tsx';
import { fieldsOf, toFilter, type FilterRow } from './metadata-filter.ts';
import { QueryBar } from './query-bar.tsx';
import { DEFAULT_SETTINGS, MOST_PARTS, newPart, prepareSearch, queryKind, type QueryPart } from './query.ts';
import { Results } from './results.tsx';
import { useUploads } from './use-uploads.ts';

interface SearchTabProps {
  collection: Collection;
  /** It is the one that is seen: what is dropped and pasted is meant for it. */
  active: boolean;
}

/** The pictures: all of them, or those that a query finds. */
export function SearchTab({ collection, active }: SearchTabProps) {
  const { id } = collection;
  const [parts, setParts] = useState<readonly QueryPart[]>([]);
  const [settings, setSettings] = useState(DEFAULT_SETTINGS);
  const [rows, setRows] = useState<readonly FilterRow[]>([]);
  const [opened, setOpened] = useState<string>();
  const [explained, setExplained] = useState<number>();
  const uploads = useUploads(id);
  useAsked(id, setParts);

  const filter = toFilter(rows);
  const search = prepareSearch(parts, settings, filter);
  const answer = useSearch(id, search);
  const cutoff = useCutoff(id, search, queryKind(parts));
  const pages = useItemPages(id, filter);
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];

  const seek = (more: readonly QueryPart[]): void => setParts([...parts, ...more].slice(-MOST_PARTS));
  const moreLike = (itemId: string, name: string, blob: string | null): void => {
    setOpened(undefined);
    setParts([newPart({ kind: 'item', itemId, name, blob })]);
    scrollTo({ top: 0 });
  };
  const lessLike = (itemId: string, name: string, blob: string | null): void => {
    setOpened(undefined);
    seek([newPart({ kind: 'item', itemId, name, blob }, true)]);
  };
  const take = (sources: readonly Source[], zone: DropZone): void => {
    if (zone === 'add')
      uploads.add(sources.flatMap((source) => (source.type === 'file' ? [source.file] : [])));
    else seek(sources.map((source) => newPart({ kind: 'picture', source }, zone === 'minus')));
  };
  const dragging = useIncoming((sources, zone) => {
    if (!active) return;
    // Into an empty collection pictures can only be put.
    take(sources, isZone(zone) ? zone : collection.items === 0 ? 'add' : 'search');
  });

  return (
    <>
      {dragging && active && <DropZones empty={collection.items === 0} minus={parts.length > 0} />}
      {collection.items > 0 && (
        <>
          <QueryBar
            collection={collection}
            parts={parts}
            settings={settings}
            onParts={setParts}
            onSeek={seek}
            onSettings={setSettings}
          />
          <FilterRows rows={rows} fields={fieldsOf(items)} onChange={setRows} />
        </>
      )}
      {search ? (
        <Results
          answer={answer}
          cutoff={cutoff.data ?? null}
          onOpen={setOpened}
          onMoreLike={moreLike}
          onExplain={setExplained}
        />
      ) : (
        <Gallery
          collection={collection}
          pages={pages}
          uploads={uploads}
          filtered={filter !== undefined}
          onOpen={setOpened}
          onMoreLike={moreLike}
        />
      )}
      {opened !== undefined && (
        <ItemDialog
          key={opened}
          collectionId={id}
          itemId={opened}
          onClose={() => setOpened(undefined)}
          onMoreLike={moreLike}
          onLessLike={parts.length > 0 ? lessLike : undefined}
        />
      )}
      {explained !== undefined && search && answer.data && (
        <ExplainDialog
          collectionId={id}
          search={search}
          match={answer.data.result.items[explained]}
          place={explained}
          onClose={() => setExplained(undefined)}
        />
      )}
    </>
  );
}

const isZone = (zone: string | undefined): zone is DropZone =>
  zone === 'search' || zone === 'minus' || zone === 'add';

/** A query that the address asks for: `?q=` in words, `?like=` an item, `?run=` the picture of a stored run. */
function useAsked(id: string, onAsked: (parts: readonly QueryPart[]) => void): void {
  const [address, setAddress] = useSearchParams();
  const { fovea } = useSession();
  const known = useCollection(id).data !== undefined;
  const [text, like, run] = [address.get('q'), address.get('like'), address.get('run')];
  const ask = useEffectEvent(async () => {
    // It is a beginning, not a state: the chips say from here on what is sought.
    setAddress({}, { replace: true });
    if (text) onAsked([newPart({ kind: 'text', text })]);
    else if (run) onAsked([newPart({ kind: 'run', run })]);
    else if (like) {
      const item = await fovea.collections.item(id, like).catch(() => null);
      onAsked([
        newPart({
          kind: 'item',
          itemId: like,
          name: item?.name ?? `picture ${like.slice(-8)}`,
          blob: item?.blob ?? null,
        }),
      ]);
    }
  });
  useEffect(() => {
    if (known && (text || like || run)) void ask();
  }, [known, text, like, run]);
}
