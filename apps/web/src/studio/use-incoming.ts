import { useEffect, useEffectEvent, useState } from 'react';
import type { Source } from './run-request.ts';

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

/**
 * Pictures dropped anywhere on the page or pasted outside of a text field.
 * @returns whether something is being dragged over the page
 */
export function useIncoming(onSources: (sources: Source[]) => void): boolean {
  const [dragging, setDragging] = useState(false);
  const take = useEffectEvent((sources: Source[]) => {
    if (sources.length > 0) onSources(sources);
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
      take(readTransfer(event.dataTransfer));
    };
    const paste = (event: ClipboardEvent): void => {
      const hasFiles = (event.clipboardData?.files.length ?? 0) > 0;
      if (!hasFiles && isTyping(event.target)) return;
      const sources = readTransfer(event.clipboardData);
      if (sources.length > 0) event.preventDefault();
      take(sources);
    };
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
  return dragging;
}
