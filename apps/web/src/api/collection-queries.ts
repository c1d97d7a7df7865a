import type {
  Collection,
  CollectionChange,
  CollectionRequest,
  Job,
  Metadata,
  MetadataFilter,
} from '@fovea/contracts';
import type { SearchOptions, SearchQuery } from '@fovea/sdk';
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type QueryClient,
} from '@tanstack/react-query';
import { isUnfinished } from './job-queries.ts';
import { useSession } from './session.tsx';

// What the pages of collections ask the server. Every key of one collection has its id in second place.

const COLLECTIONS_PAGE = 24;
const ITEMS_PAGE = 60;
const LIVE_MS = 1000;
const IDLE_MS = 15_000;
/** Jobs are looked for among so many of the newest. */
const NEWEST_JOBS = 30;

/** What is shown of a collection is asked again. */
export const refreshCollection = (queries: QueryClient, id: string): Promise<unknown> =>
  Promise.all([
    queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === id }),
    queries.invalidateQueries({ queryKey: ['collections'] }),
  ]);

export function useCollectionPages() {
  const { fovea } = useSession();
  return useInfiniteQuery({
    queryKey: ['collections'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      fovea.collections.list({
        limit: COLLECTIONS_PAGE,
        ...(pageParam === undefined ? {} : { cursor: pageParam }),
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useCreateCollection() {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: CollectionRequest) => fovea.collections.create(request),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['collections'] }),
  });
}

const isChanging = (collection: Collection | undefined): boolean =>
  collection?.spaces.some(({ next }) => next !== null) ?? false;

export function useCollection(id: string) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['collection', id],
    queryFn: () => fovea.collections.get(id),
    refetchInterval: ({ state }) => (isChanging(state.data) ? LIVE_MS : false),
  });
}

export function useDeleteCollection(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => fovea.collections.delete(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['collections'] }),
  });
}

export function useChangeCollection(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: CollectionChange) => fovea.collections.update(id, change),
    onSuccess: () => refreshCollection(queries, id),
  });
}

/** The newest pictures of a collection, for its cover. */
export function useCover(id: string) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['cover', id],
    queryFn: async () => (await fovea.collections.items(id, { limit: 4 })).items,
  });
}

export function useItemPages(id: string, filter: MetadataFilter | undefined) {
  const { fovea } = useSession();
  return useInfiniteQuery({
    queryKey: ['items', id, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      fovea.collections.items(id, {
        limit: ITEMS_PAGE,
        ...(filter ? { filter } : {}),
        ...(pageParam === undefined ? {} : { cursor: pageParam }),
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function useItem(id: string, itemId: string) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['item', id, itemId],
    queryFn: () => fovea.collections.item(id, itemId),
  });
}

export function useSetMetadata(id: string, itemId: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (metadata: Metadata) => fovea.collections.setMetadata(id, itemId, metadata),
    onSuccess: () => refreshCollection(queries, id),
  });
}

export function useDeleteItems(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (itemIds: readonly string[]) => {
      const [only, ...others] = itemIds;
      return only !== undefined && others.length === 0
        ? fovea.collections.deleteItem(id, only)
        : fovea.collections.deleteItems(id, itemIds);
    },
    onSuccess: () => refreshCollection(queries, id),
  });
}

/** A search as it is sent; `key` tells it from others, since the bytes of pictures cannot. */
export interface PreparedSearch {
  readonly key: string;
  readonly query: SearchQuery;
  readonly options: SearchOptions;
}

export function useSearch(id: string, search: PreparedSearch | undefined) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['search', id, search?.key],
    queryFn: ({ signal }) =>
      search ? fovea.collections.search(id, search.query, { ...search.options, signal }) : null,
    enabled: search !== undefined,
    placeholderData: keepPreviousData,
  });
}

/** The calibrated cut-off for this kind of query; null where the space has none. */
export function useCutoff(
  id: string,
  search: PreparedSearch | undefined,
  kind: 'text' | 'picture' | 'mixed',
) {
  const { fovea } = useSession();
  return useQuery({
    // It depends on the kind of query and its space, not on what is asked.
    queryKey: ['cutoff', id, kind, search?.options.space],
    queryFn: async ({ signal }) => {
      if (!search) return null;
      const { space } = search.options;
      const answer = await fovea.collections.search(id, search.query, {
        k: 1,
        minScore: 'auto',
        ...(space ? { space } : {}),
        signal,
      });
      return answer.result.cutoff;
    },
    // Mixtures have none.
    enabled: search !== undefined && kind !== 'mixed',
    staleTime: Infinity,
  });
}

/** Pictures of what agrees between the query and the match at a place of the result. */
export function useExplanation(id: string, search: PreparedSearch, place: number) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['explanation', id, search.key, place],
    queryFn: ({ signal }) =>
      fovea.collections.search(id, search.query, { ...search.options, explain: place + 1, signal }),
    staleTime: Infinity,
  });
}

export function useDuplicates(id: string, request: { space: string; minScore: number | 'auto' }) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['duplicates', id, request],
    queryFn: ({ signal }) => fovea.collections.duplicates(id, request, { signal }),
    placeholderData: keepPreviousData,
  });
}

export function useMap(id: string, space: string, method: 'pca' | 'umap' | undefined) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['map', id, space, method],
    queryFn: ({ signal }) => fovea.collections.map(id, { space, ...(method ? { method } : {}) }, { signal }),
    staleTime: 60_000,
  });
}

export function useVerify(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => fovea.collections.index(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['collection', id] }),
  });
}

/** Starts work on a collection; {@link useCollectionJobs} shows how far it is. */
export function useStartJob<T>(id: string, start: (input: T) => Promise<Job>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: start,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['jobs-of', id] }),
  });
}

/** The newest jobs that work on this collection, asked again while one is unfinished. */
export function useCollectionJobs(id: string) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['jobs-of', id],
    queryFn: async () => {
      const { items } = await fovea.jobs.list({ limit: NEWEST_JOBS });
      return items.filter(
        ({ request, result }) =>
          request['collectionId'] === id ||
          (result && 'collectionId' in result && result.collectionId === id),
      );
    },
    refetchInterval: ({ state }) => (state.data?.some(isUnfinished) ? LIVE_MS : IDLE_MS),
  });
}
