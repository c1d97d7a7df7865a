import type { MetadataFilter } from '@fovea/contracts';
import type { SearchOptions, SearchPart, SearchQuery } from '@fovea/sdk';
import type { PreparedSearch } from '../api/collection-queries.ts';
import { sdkInput, sourceName, type Source } from '../studio/run-request.ts';

/** One chip of the query. */
export type QueryPart = {
  /** Tells it from the others on this page. */
  readonly id: number;
  /** Taken away instead of looked for. */
  readonly minus: boolean;
} & WhatIsSought;
type WhatIsSought =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'item'; readonly itemId: string; readonly name: string; readonly blob: string | null }
  | { readonly kind: 'picture'; readonly source: Source }
  | { readonly kind: 'run'; readonly run: string };

/** How results are chosen among what agrees. */
export interface SearchSettings {
  /** undefined: as the server chooses, meaning for texts and looks for pictures. */
  readonly space: string | undefined;
  readonly k: number;
  /** 0..1 */
  readonly diversity: number;
}
/** Enough for the slider of the cut-off to work without asking again. */
export const DEFAULT_SETTINGS: SearchSettings = { space: undefined, k: 100, diversity: 0 };
export const K_CHOICES = [25, 100, 500];
/** As many parts as the server takes. */
export const MOST_PARTS = 16;

let counter = 0;
export const newPart = (what: WhatIsSought, minus = false): QueryPart => ({ id: ++counter, minus, ...what });

/** What a part is called. */
export function partName(part: QueryPart): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'item':
      return part.name;
    case 'picture':
      return sourceName(part.source);
    case 'run':
      return `run ${part.run.slice(-8)}`;
  }
}

function toSearchPart(part: QueryPart): SearchPart {
  switch (part.kind) {
    case 'text':
      return { text: part.text };
    case 'item':
      return { itemId: part.itemId };
    case 'picture':
      return { image: sdkInput(part.source) };
    case 'run':
      return { run: part.run };
  }
}

/** text, picture or mixed: what the calibrated cut-off depends on, beside the space. */
export function queryKind(parts: readonly QueryPart[]): 'text' | 'picture' | 'mixed' {
  const texts = parts.filter(({ kind }) => kind === 'text').length;
  return texts === 0 ? 'picture' : texts === parts.length ? 'text' : 'mixed';
}

/** The request for these chips; undefined where there are none. */
export function prepareSearch(
  parts: readonly QueryPart[],
  { space, k, diversity }: SearchSettings,
  filter: MetadataFilter | undefined,
): PreparedSearch | undefined {
  const [first, ...others] = parts;
  if (!first) return undefined;
  const query: SearchQuery =
    others.length === 0 && !first.minus
      ? toSearchPart(first)
      : {
          query: parts.filter(({ minus }) => !minus).map(toSearchPart),
          minus: parts.filter(({ minus }) => minus).map(toSearchPart),
        };
  const options: SearchOptions = {
    k,
    ...(diversity > 0 ? { diversity } : {}),
    ...(space ? { space } : {}),
    ...(filter ? { filter } : {}),
  };
  // The bytes of a file stand for themselves by the number of their chip.
  const key = JSON.stringify([
    parts.map((part) => (part.kind === 'picture' ? { id: part.id, minus: part.minus } : { ...part, id: 0 })),
    options,
  ]);
  return { key, query, options };
}
