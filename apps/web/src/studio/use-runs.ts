import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { RunEnvelope } from '@fovea/contracts';
import { toShownProblem, type ShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { sdkInput, sourceName, type RunRequest, type Source } from './run-request.ts';
import { useQueryClient } from '@tanstack/react-query';

export type RunState =
  | { readonly status: 'idle' }
  | { readonly status: 'waiting' }
  | { readonly status: 'running'; readonly startedAt: number }
  | { readonly status: 'done'; readonly envelope: RunEnvelope; readonly elapsedMs: number }
  | { readonly status: 'failed'; readonly problem: ShownProblem }
  | { readonly status: 'cancelled' };

/** One picture on the Studio's table and what became of it. */
export interface StudioItem {
  readonly id: number;
  readonly name: string;
  /** undefined for a task without inputs. */
  readonly source: Source | undefined;
  /** An object URL, or the address of a blob; undefined where the browser has nothing to show yet. */
  readonly preview: string | undefined;
  /** As it was last sent. */
  readonly request: RunRequest | undefined;
  readonly state: RunState;
}

interface Table {
  readonly items: readonly StudioItem[];
  readonly selected: number | undefined;
}
type Action =
  | { readonly type: 'replace'; readonly items: readonly StudioItem[] }
  | { readonly type: 'select'; readonly id: number }
  | { readonly type: 'patch'; readonly id: number; readonly patch: Partial<StudioItem> };

function reduce(table: Table, action: Action): Table {
  switch (action.type) {
    case 'replace':
      return { items: action.items, selected: action.items[0]?.id };
    case 'select':
      return { ...table, selected: action.id };
    case 'patch':
      return {
        ...table,
        items: table.items.map((item) => (item.id === action.id ? { ...item, ...action.patch } : item)),
      };
  }
}

/** So many requests at once: the server batches what waits, a browser opens six connections at most. */
const PARALLEL_RUNS = 4;

/** What a request is made of beside the picture of each item. */
export type RequestOf = (source: Source | undefined) => RunRequest;

/** The pictures of the Studio and their runs: several at once, each for itself, all of them to be cancelled. */
export function useRuns() {
  const { fovea, notice } = useSession();
  const queries = useQueryClient();
  const [table, dispatch] = useReducer(reduce, { items: [], selected: undefined });
  const abort = useRef<AbortController>(undefined);
  const nextId = useRef(1);
  const previews = useRef<string[]>([]);

  const releasePreviews = useCallback(() => {
    previews.current.forEach((url) => URL.revokeObjectURL(url));
    previews.current = [];
  }, []);
  useEffect(
    () => () => {
      abort.current?.abort();
      releasePreviews();
    },
    [releasePreviews],
  );

  /** Puts other pictures on the table; what was running is cancelled. */
  const place = useCallback(
    (sources: readonly (Source | undefined)[]): StudioItem[] => {
      abort.current?.abort();
      releasePreviews();
      const items = sources.map((source): StudioItem => {
        const id = nextId.current++;
        let preview: string | undefined;
        if (source?.type === 'file') {
          preview = URL.createObjectURL(source.file);
          previews.current.push(preview);
        } else if (source?.type === 'blob') preview = fovea.blobs.url(source.sha256);
        return {
          id,
          name: source ? sourceName(source) : '',
          source,
          preview,
          request: undefined,
          state: { status: 'idle' },
        };
      });
      dispatch({ type: 'replace', items });
      return items;
    },
    [fovea, releasePreviews],
  );

  const runOne = useCallback(
    async (item: StudioItem, request: RunRequest, signal: AbortSignal): Promise<void> => {
      const patch = (state: RunState) => dispatch({ type: 'patch', id: item.id, patch: { state, request } });
      if (signal.aborted) return patch({ status: 'cancelled' });
      const startedAt = performance.now();
      patch({ status: 'running', startedAt });
      try {
        const inputs = Object.entries(request.inputs).map(
          ([name, source]) => [name, sdkInput(source)] as const,
        );
        const envelope = (await fovea.run(request.task, Object.fromEntries(inputs), request.params, {
          signal,
          ...(request.model === undefined ? {} : { model: request.model }),
          ...(Object.keys(request.models).length > 0 ? { models: request.models } : {}),
        })) as RunEnvelope;
        patch({ status: 'done', envelope, elapsedMs: performance.now() - startedAt });
      } catch (error) {
        if (signal.aborted) return patch({ status: 'cancelled' });
        notice(error);
        patch({ status: 'failed', problem: toShownProblem(error) });
      }
    },
    [fovea, notice],
  );

  const run = useCallback(
    async (items: readonly StudioItem[], requestOf: RequestOf): Promise<void> => {
      abort.current?.abort();
      const controller = new AbortController();
      abort.current = controller;
      for (const { id } of items) dispatch({ type: 'patch', id, patch: { state: { status: 'waiting' } } });
      const waiting = [...items];
      const worker = async (): Promise<void> => {
        for (let item = waiting.shift(); item; item = waiting.shift())
          await runOne(item, requestOf(item.source), controller.signal);
      };
      await Promise.all(Array.from({ length: PARALLEL_RUNS }, worker));
      void queries.invalidateQueries({ queryKey: ['runs'] });
      void queries.invalidateQueries({ queryKey: ['models'] });
    },
    [queries, runOne],
  );

  const cancel = useCallback(() => abort.current?.abort(), []);
  const select = useCallback((id: number) => dispatch({ type: 'select', id }), []);
  const selected = table.items.find((item) => item.id === table.selected);
  const busy = table.items.some(({ state }) => state.status === 'waiting' || state.status === 'running');
  return { items: table.items, selected, busy, place, run, cancel, select };
}
