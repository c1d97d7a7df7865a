import type { Job, JobState, NewEvaluation } from '@fovea/contracts';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSession } from './session.tsx';

// What the pages of jobs and evaluations ask the server.

const PAGE_SIZE = 30;
/** While something runs the list is asked this often: progress is kept about once a second. */
const LIVE_MS = 1000;
const IDLE_MS = 15_000;

export const isUnfinished = ({ state }: Job): boolean => state === 'queued' || state === 'active';

/** Jobs, newest first; asked again as long as one of them is not finished. */
export function useJobPages(state: JobState | undefined) {
  const { fovea } = useSession();
  return useInfiniteQuery({
    queryKey: ['jobs', state],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      fovea.jobs.list({
        limit: PAGE_SIZE,
        ...(state ? { state } : {}),
        ...(pageParam === undefined ? {} : { cursor: pageParam }),
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.items.some(isUnfinished)) ? LIVE_MS : IDLE_MS,
  });
}

export type JobAction = 'cancel' | 'retry';

/** Cancels an unfinished job, takes a finished one from the list, or begins a failed one again. */
export function useJobAction(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (action: JobAction): Promise<void> => void (await fovea.jobs[action](id)),
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
  });
}

export function useEvaluationPages() {
  const { fovea } = useSession();
  return useInfiniteQuery({
    queryKey: ['evaluations'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      fovea.evaluations.list({
        limit: PAGE_SIZE,
        ...(pageParam === undefined ? {} : { cursor: pageParam }),
      }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useEvaluation(id: string) {
  const { fovea } = useSession();
  return useQuery({
    queryKey: ['evaluation', id],
    queryFn: () => fovea.evaluations.get(id),
    staleTime: Infinity,
  });
}

export function useStartEvaluation() {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: NewEvaluation) => fovea.evaluations.start(request),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['jobs'] }),
  });
}

export function useDeleteEvaluation(id: string) {
  const { fovea } = useSession();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => fovea.evaluations.delete(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['evaluations'] }),
  });
}
