import type { RunFilter } from '@fovea/sdk';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from './session.tsx';

// Everything the page asks the server, by name. Runs of the Studio are in studio/use-runs.ts: they can be cancelled.

/** Thumbnails are asked for at this longest side, in pixels. */
export const THUMB_PX = 320;
const PAGE_SIZE = 30;

export function useTasks() {
  const { fovea } = useSession();
  return useQuery({ queryKey: ['tasks'], queryFn: () => fovea.tasks(), staleTime: 60_000 });
}

export function useModels() {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['models'],
    queryFn: () => fovea.models.list(),
    // Loading takes seconds: look again until it has ended.
    refetchInterval: ({ state }) =>
      state.data?.items.some((model) => model.state === 'loading') ? 1000 : false,
  });
}

export function useHealth() {
  const { fovea } = useSession();
  return useQuery({ queryKey: ['health'], queryFn: () => fovea.health(), refetchInterval: 15_000 });
}

export type ModelAction = 'load' | 'unload' | 'pull';

/** Loads, unloads or pulls a model; the list shows the new state afterwards. */
export function useModelAction(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: ModelAction) => fovea.models[action](id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['models'] }),
  });
}

export function useRunPages(filter: Omit<RunFilter, 'limit' | 'cursor'>) {
  const { fovea } = useSession();
  return useInfiniteQuery({
    queryKey: ['runs', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      fovea.runs.list({
        ...filter,
        limit: PAGE_SIZE,
        ...(pageParam === undefined ? {} : { cursor: pageParam }),
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useRun(id: string) {
  const { fovea } = useSession();
  return useQuery({ queryKey: ['run', id], queryFn: () => fovea.runs.get(id), staleTime: Infinity });
}

export function useDeleteRun(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => fovea.runs.delete(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['runs'] }),
  });
}

export function useReplay(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (model: 'current' | undefined) => fovea.runs.replay(id, model ? { model } : {}),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['runs'] }),
  });
}
