import type { Catalog } from '@fovea/catalog';
import { VisionError, type RunPage, type RunQuery } from '@fovea/contracts';
import type { Engine } from './engine.ts';
import type { RegisteredResource } from './registry.ts';
import type { Resources } from './resources.ts';

/** Pictures that are looked at: the filters may leave few of them. */
const CANDIDATES = 1000;
/** Reciprocal rank fusion: a place counts 1 / (60 + place) (Cormack, Clarke & Büttcher, SIGIR 2009). */
const FUSION = 60;

export interface AboutRequest {
  readonly owner: string;
  readonly query: RunQuery & { readonly about: string };
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number;
  readonly searcher: RegisteredResource;
}

/**
 * Stored runs whose pictures a text is about, the most relevant first: by meaning (the joint space of texts and pictures)
 * and by the words of captions and answers, fused by their places. The other filters hold as well.
 * @throws INVALID_PARAMETER (a cursor), MODEL_MISSING
 */
export async function runsAbout(
  { engine, resources }: { engine: Engine; resources: Resources },
  { owner, query, signal, deadlineAt, searcher: { definition } }: AboutRequest,
): Promise<RunPage> {
  const { about, limit, cursor, ...filter } = query;
  if (cursor !== undefined)
    throw new VisionError('INVALID_PARAMETER', 'cursor: there is one page with "about"', {
      errors: [{ path: 'cursor', message: 'there is one page with "about"' }],
      hint: 'Raise limit (at most 200) instead.',
    });
  const context = resources.context({ definition, owner, priority: 'interactive', signal, deadlineAt });
  const { runs } = engine.needCatalog();
  const [hits = [], worded] = await Promise.all([
    definition.catalogSearch?.(context, { text: about, limit: CANDIDATES }),
    runs.picturesByWords(owner, about, { limit: CANDIDATES }),
  ]);
  const scores = new Map(hits.map(({ sha256, score }) => [sha256, score]));
  const found = await runs.byInputs(owner, fuse([[...scores.keys()], worded]), { filter, limit });
  return {
    items: found.map(({ envelope }) => envelope),
    nextCursor: null,
    scores: found.map(({ sha256 }) => scores.get(sha256) ?? null),
  };
}

/** The resource that searches the catalog by meaning. @throws NOT_IMPLEMENTED where there is none */
export function catalogSearcher({ settings }: Engine, resources: Resources): RegisteredResource {
  const searcher = resources.list().find(({ definition }) => definition.catalogSearch);
  if (searcher && (searcher.remote !== undefined || settings.semanticCatalog)) return searcher;
  throw new VisionError('NOT_IMPLEMENTED', 'runs are not searched by meaning here', {
    hint: searcher
      ? 'Start the server without FOVEA_SEMANTIC_CATALOG=false.'
      : 'It needs the application retrieval: FOVEA_APPS names the applications.',
  });
}

/**
 * Several rankings as one: what several of them know comes before what only one does.
 * @example fuse([['a', 'b', 'c'], ['c']])   // ['c', 'a', 'b']
 */
export function fuse(rankings: readonly (readonly string[])[]): string[] {
  const sums = new Map<string, number>();
  for (const ranking of rankings)
    for (const [place, one] of ranking.entries())
      sums.set(one, (sums.get(one) ?? 0) + 1 / (FUSION + place + 1));
  return [...sums].sort(([, a], [, b]) => b - a).map(([one]) => one);
}

/** The page with the captions of its pictures. */
export async function withAltTexts(catalog: Catalog, owner: string, page: RunPage): Promise<RunPage> {
  const pictures = page.items.flatMap(({ inputs }) => Object.values(inputs).map(({ sha256 }) => sha256));
  const altTexts = await catalog.runs.altTexts(owner, [...new Set(pictures)]);
  return { ...page, altTexts: Object.fromEntries(altTexts) };
}
