import { VisionError } from '@fovea/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { refreshCollection } from '../api/collection-queries.ts';
import { toShownProblem, type ShownProblem } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';

export interface Upload {
  readonly id: number;
  readonly file: File;
  /** The file's name, below the folder that was chosen. */
  readonly name: string;
  readonly state: 'waiting' | 'sending' | 'added' | 'existing' | 'failed';
  readonly problem?: ShownProblem;
}

export interface Uploads {
  readonly items: readonly Upload[];
  readonly busy: boolean;
  /** Files of a folder that are no pictures by their type. */
  readonly leftOut: number;
  add(files: readonly File[]): void;
  /** Sends those again that failed. */
  retry(): void;
  /** Sends nothing more; what was sent stays. */
  stop(): void;
  /** Empties the list. */
  clear(): void;
}

/** Pictures to a request, and requests at a time: small enough to see it move, large enough to be quick. */
const TOGETHER = 4;
const AT_A_TIME = 2;

/** Sends files into a collection, a few at a time; every file fails for itself. */
export function useUploads(collectionId: string): Uploads {
  const { fovea, notice } = useSession();
  const queries = useQueryClient();
  const [items, setItems] = useState<readonly Upload[]>([]);
  const [leftOut, setLeftOut] = useState(0);
  const waiting = useRef<Upload[]>([]);
  const running = useRef(0);
  const counter = useRef(0);
  const controller = useRef(new AbortController());
  useEffect(() => {
    controller.current = new AbortController();
    return () => {
      waiting.current = [];
      controller.current.abort();
    };
  }, []);

  const change = useCallback((changes: ReadonlyMap<number, Partial<Upload>>): void => {
    setItems((before) => before.map((item) => ({ ...item, ...changes.get(item.id) })));
  }, []);
  const send = useCallback(
    async (group: readonly Upload[]): Promise<void> => {
      const { signal } = controller.current;
      const all = (upload: Partial<Upload>) => new Map(group.map(({ id }) => [id, upload]));
      change(all({ state: 'sending' }));
      try {
        const answers = await fovea.collections.add(
          collectionId,
          group.map(({ file, name }) => ({ input: file, name })),
          { signal },
        );
        change(
          new Map(
            group.map<[number, Partial<Upload>]>(({ id }, at) => {
              const answer = answers[at];
              if (answer && 'item' in answer) return [id, { state: answer.existing ? 'existing' : 'added' }];
              return [id, { state: 'failed', problem: toShownProblem(answer) }];
            }),
          ),
        );
      } catch (error) {
        notice(error);
        const problem = signal.aborted ? new VisionError('CANCELLED', 'it was stopped') : error;
        change(all({ state: 'failed', problem: toShownProblem(problem) }));
      }
    },
    [change, collectionId, fovea, notice],
  );
  const work = useCallback(async (): Promise<void> => {
    running.current += 1;
    while (waiting.current.length > 0) await send(waiting.current.splice(0, TOGETHER));
    running.current -= 1;
    if (running.current === 0) await refreshCollection(queries, collectionId);
  }, [collectionId, queries, send]);
  const begin = useCallback(
    (uploads: readonly Upload[]): void => {
      if (controller.current.signal.aborted) controller.current = new AbortController();
      waiting.current.push(...uploads);
      while (running.current < AT_A_TIME && waiting.current.length > 0) void work();
    },
    [work],
  );

  return useMemo(
    () => ({
      items,
      leftOut,
      busy: items.some(({ state }) => state === 'waiting' || state === 'sending'),
      add(files) {
        const pictures = files.filter(isPicture);
        setLeftOut((before) => before + files.length - pictures.length);
        const uploads = pictures.map<Upload>((file) => ({
          id: ++counter.current,
          file,
          name: file.webkitRelativePath || file.name,
          state: 'waiting',
        }));
        setItems((before) => [...before, ...uploads]);
        begin(uploads);
      },
      retry() {
        const again = items
          .filter(({ state }) => state === 'failed')
          .map<Upload>(({ id, file, name }) => ({ id, file, name, state: 'waiting' }));
        const byId = new Map(again.map((upload) => [upload.id, upload]));
        setItems((before) => before.map((item) => byId.get(item.id) ?? item));
        begin(again);
      },
      stop() {
        const left = new Set(waiting.current.splice(0).map(({ id }) => id));
        controller.current.abort();
        setItems((before) => before.filter(({ id }) => !left.has(id)));
      },
      clear() {
        setItems([]);
        setLeftOut(0);
      },
    }),
    [begin, items, leftOut],
  );
}

/** What stands beside the pictures of a folder is left out; a single file is sent whatever it claims to be. */
const isPicture = (file: File): boolean => file.webkitRelativePath === '' || file.type.startsWith('image/');
