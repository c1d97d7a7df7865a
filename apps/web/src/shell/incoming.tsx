import {
  createContext,
  use,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import { useLocation, useNavigate } from 'react-router';
import type { Source } from '../studio/run-request.ts';

/** `zone`: the `data-drop` of where it was dropped. */
type Take = (sources: Source[], zone?: string) => void;

interface Incoming {
  /** Something is being dragged over the page. */
  readonly dragging: boolean;
  /** Names who takes what comes; answers how to stop. */
  listen(take: Take): () => void;
}

const IncomingContext = createContext<Incoming | null>(null);

/**
 * Pictures dropped anywhere, or pasted outside of a text field, go to `take`; also those that came while the page
 * was still loading.
 * @returns whether something is being dragged over the page
 * @throws TypeError outside of IncomingProvider
 */
export function useIncoming(take: Take): boolean {
  const incoming = use(IncomingContext);
  if (!incoming) throw new TypeError('useIncoming must be called inside IncomingProvider');
  const { dragging, listen } = incoming;
  const onSources = useEffectEvent(take);
  useEffect(() => listen((sources, zone) => onSources(sources, zone)), [listen]);
  return dragging;
}

/** Listens on the whole page: a file dropped beside its target must not replace the page by that file. */
export function IncomingProvider({ children }: { children: ReactNode }) {
  const [dragging, setDragging] = useState(false);
  const taker = useRef<Take>(undefined);
  const waiting = useRef<{ sources: Source[]; zone?: string | undefined }>({ sources: [] });
  const navigate = useNavigate();
  const takesPictures = /^\/(studio(\/|$)|ask$|collections\/|$)/.test(useLocation().pathname);

  const deliver = useCallback(() => {
    const { sources, zone } = waiting.current;
    if (!taker.current || sources.length === 0) return;
    waiting.current = { sources: [] };
    taker.current(sources, zone);
  }, []);
  const listen = useCallback(
    (take: Take) => {
      taker.current = take;
      // Not now: the one who listens is still being mounted.
      queueMicrotask(deliver);
      return () => {
        if (taker.current === take) taker.current = undefined;
      };
    },
    [deliver],
  );
  const onDrop = useEffectEvent((sources: Source[], zone: string | undefined) => {
    if (sources.length === 0) return;
    waiting.current = { sources, zone };
    // A picture dropped on a page that has no use for it is meant for the Studio.
    if (!takesPictures) void navigate('/');
    deliver();
  });
  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    const hasFiles = (event.clipboardData?.files.length ?? 0) > 0;
    if (!takesPictures || (!hasFiles && isTyping(event.target))) return;
    const sources = readTransfer(event.clipboardData);
    if (sources.length === 0) return;
    event.preventDefault();
    waiting.current = { sources };
    deliver();
  });

  useEffect(() => {
    let depth = 0; // dragenter and dragleave come for every element on the way
    const enter = (event: DragEvent): void => {
      event.preventDefault();
      depth += 1;
      setDragging(true);
    };
    const over = (event: DragEvent): void => event.preventDefault();
    const leave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setDragging(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      depth = 0;
      setDragging(false);
      onDrop(readTransfer(event.dataTransfer), zoneOf(event.target));
    };
    const paste = (event: ClipboardEvent): void => onPaste(event);
    addEventListener('dragenter', enter);
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragenter', enter);
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
    };
  }, []);

  const incoming = useMemo(() => ({ dragging, listen }), [dragging, listen]);
  return <IncomingContext value={incoming}>{children}</IncomingContext>;
}

const zoneOf = (target: EventTarget | null): string | undefined =>
  target instanceof Element ? target.closest<HTMLElement>('[data-drop]')?.dataset['drop'] : undefined;

const isWebAddress = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** Files first; otherwise an address that was dragged or copied as text. */
function readTransfer(data: DataTransfer | null): Source[] {
  const files = [...(data?.files ?? [])];
  if (files.length > 0) return files.map((file) => ({ type: 'file', file }));
  const text = (data?.getData('text/uri-list') || data?.getData('text/plain') || '').trim();
  return isWebAddress(text) ? [{ type: 'url', url: text }] : [];
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
