import type { Result, RunEnvelope } from '@fovea/contracts';
import { itemsOf, MAP_OPACITY, type ResultItem } from '@fovea/overlay';
import { useMemo, useState } from 'react';
import { useClassMap, type ClassMap } from './class-map.ts';
import { classesOf, isExplored, lowestScore, shownItems, type ClassEntry, type Filter } from './explore.ts';

/** One result as it is being looked at: what is shown, and what is pointed at. */
export interface Explorer extends Filter {
  readonly result: Result;
  readonly items: readonly ResultItem[];
  readonly shown: readonly ResultItem[];
  readonly classes: readonly ClassEntry[];
  /** The least score that the slider can have. */
  readonly lowest: number;
  /** Under the pointer or the focus, otherwise the pinned one. */
  readonly highlighted: number | undefined;
  readonly pinned: number | undefined;
  /** Of a class map, 0..1. */
  readonly opacity: number;
  readonly map: ClassMap | undefined;
  /** The class map is gone, or cannot be read. */
  readonly mapMissing: boolean;
  setMinScore(minScore: number): void;
  setHidden(hidden: ReadonlySet<string>): void;
  toggle(label: string): void;
  hover(item: number | undefined): void;
  /** Keeps an item highlighted without a pointer on it; a second time lets go of it. */
  pin(item: number | undefined): void;
  setOpacity(opacity: number): void;
}

interface State extends Filter {
  readonly run: string;
  readonly hovered: number | undefined;
  readonly pinned: number | undefined;
}

const NONE: ReadonlySet<string> = new Set();

/** The state of looking at a run's result; another run starts anew. undefined for results that have no items to point at. */
export function useExplorer(envelope: RunEnvelope | undefined): Explorer | undefined {
  const explored = envelope && isExplored(envelope.result) ? envelope : undefined;
  const result = explored?.result;
  const items = useMemo(() => (result ? itemsOf(result) : []), [result]);
  const classes = useMemo(() => classesOf(items), [items]);
  const lowest = useMemo(() => (explored ? lowestScore(explored) : 0), [explored]);
  const [opacity, setOpacity] = useState(MAP_OPACITY);
  const [kept, setKept] = useState<State>();
  const { map, failed } = useClassMap(result?.kind === 'masks' ? result : undefined);

  const run = explored?.run.id ?? '';
  const state: State =
    kept?.run === run ? kept : { run, minScore: lowest, hidden: NONE, hovered: undefined, pinned: undefined };
  const { minScore, hidden } = state;
  const shown = useMemo(() => shownItems(items, { minScore, hidden }), [items, minScore, hidden]);
  if (!result) return undefined;

  const set = (change: Partial<State>): void => setKept({ ...state, ...change });
  const visible = (index: number | undefined): number | undefined =>
    shown.some((item) => item.index === index) ? index : undefined;
  const pinned = visible(state.pinned);
  return {
    result,
    items,
    shown,
    classes,
    lowest,
    minScore,
    hidden,
    highlighted: visible(state.hovered) ?? pinned,
    pinned,
    opacity,
    map,
    mapMissing: failed,
    setMinScore: (next) => set({ minScore: next }),
    setHidden: (next) => set({ hidden: next }),
    toggle: (label) => {
      const next = new Set(hidden);
      if (!next.delete(label)) next.add(label);
      set({ hidden: next });
    },
    hover: (item) => item !== state.hovered && set({ hovered: item }),
    pin: (item) => set({ pinned: item === state.pinned ? undefined : item, hovered: undefined }),
    setOpacity,
  };
}
