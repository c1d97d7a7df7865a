import { VisionError, type RunPage, type RunQuery } from '@fovea/contracts';
import type { Engine } from './engine.ts';
import type { Resources } from './resources.ts';

/** Pictures that are looked at: the filters may leave few of them. */
const CANDIDATES = 1000;

export interface AboutRequest {
  readonly owner: string;
  readonly query: RunQuery & { readonly about: string };
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly deadlineAt: number;
}

/**
 * Stored runs whose pictures a text is about, the most relevant first; the other filters hold as well.
 * @throws INVALID_PARAMETER (a cursor), NOT_IMPLEMENTED where nobody searches by meaning here, MODEL_MISSING
 */
export async function runsAbout(
  { engine, resources }: { engine: Engine; resources: Resources },
  { owner, query, signal, deadlineAt }: AboutRequest,
): Promise<RunPage> {
  const { about, limit, cursor, ...filter } = query;
  if (cursor !== undefined)
    throw new VisionError('INVALID_PARAMETER', 'cursor: there is one page with "about"', {
      errors: [{ path: 'cursor', message: 'there is one page with "about"' }],
      hint: 'Raise limit (at most 200) instead.',
    });
  const { definition, catalogSearch } = searcherOf(engine, resources);
  const context = resources.context({ definition, owner, priority: 'interactive', signal, deadlineAt });
  const hits = await catalogSearch(context, { text: about, limit: CANDIDATES });
  const scores = new Map(hits.map(({ sha256, score }) => [sha256, score]));
  const found = await engine.needCatalog().runs.byInputs(owner, [...scores.keys()], { filter, limit });
  return {
    items: found.map(({ envelope }) => envelope),
    nextCursor: null,
    scores: found.map(({ sha256 }) => scores.get(sha256) as number),
  };
}

function searcherOf({ settings }: Engine, resources: Resources) {
  if (!settings.semanticCatalog)
    throw new VisionError('NOT_IMPLEMENTED', 'runs are not searched by meaning here', {
      hint: 'Start the server without FOVEA_SEMANTIC_CATALOG=false.',
    });
  for (const { definition, remote } of resources.list())
    if (definition.catalogSearch && remote === undefined)
      return { definition, catalogSearch: definition.catalogSearch };
  throw new VisionError('NOT_IMPLEMENTED', 'runs are not searched by meaning here', {
    hint: 'It needs the application retrieval in this process: FOVEA_APPS names the applications.',
  });
}
