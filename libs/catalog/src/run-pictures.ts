import type { RunEnvelope } from '@fovea/contracts';
import { badCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { byInputsStatement, type RunFilter } from './run-query.ts';
import { cleanText } from './search-rows.ts';

/** A picture that went into a run, and that run. */
export interface InputPicture {
  readonly sha256: string;
  readonly runId: string;
}

/** Runs found by their pictures, and pictures found by their runs: what search of the catalog by meaning needs. */
export class RunPictures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Runs that one of these pictures went into: in the order of the pictures, newest first within one; each run once.
   * @param sha256s the most relevant first
   * @param options.filter what else must hold; `about` is not looked at
   * @throws INVALID_PARAMETER for a time that is none
   * @example await catalog.runs.byInputs('local', [best, second], { filter: { task: 'detection' }, limit: 50 })
   */
  async byInputs(
    owner: string,
    sha256s: readonly string[],
    options: { filter?: RunFilter; limit: number },
  ): Promise<{ envelope: RunEnvelope; sha256: string }[]> {
    const { filter = {}, limit } = options;
    const { text, values } = byInputsStatement({ owner, filter, sha256s, limit });
    const { rows } = await guarded(() =>
      this.#database.pool.query<{ envelope: RunEnvelope; sha256: string }>(text, values),
    );
    return rows.map(({ envelope, sha256 }) => ({ envelope, sha256 }));
  }

  /**
   * Pictures of stored runs whose bytes are kept, each once.
   * @param options.order `oldest` (default): each at its first run, so that `after` the last page comes what is new.
   *   Runs that are recorded at the same moment may settle in another order: who must have all of them begins anew now
   *   and then, with `notIn`. `newest`: each at its latest run.
   * @param options.notIn a collection: only pictures that are no items of it
   * @returns `next` is always a cursor, for what comes later as well; null only where nothing was found yet
   * @throws INVALID_PARAMETER (after)
   */
  async inputPictures(
    owner: string,
    options: { limit: number; after?: string | undefined; order?: 'oldest' | 'newest'; notIn?: string },
  ): Promise<{ pictures: InputPicture[]; next: string | null }> {
    const { limit, after, order = 'oldest', notIn = null } = options;
    if (after !== undefined && !/^\d{1,18}$/.test(after)) throw badCursor(after);
    const { rows } = await guarded(() =>
      this.#database.pool.query<{ id: string; sha256: string; run_id: string }>(PICTURES[order], [
        owner,
        after ?? null,
        limit,
        notIn,
      ]),
    );
    return {
      pictures: rows.map(({ sha256, run_id: runId }) => ({ sha256, runId })),
      next: rows.at(-1)?.id ?? after ?? null,
    };
  }

  /**
   * Pictures whose captions, or what was answered about them, hold all these words (by their stems; stop words do not
   * count): the best first, by how often and how close together the words are.
   * @example await catalog.runs.picturesByWords('local', 'dogs in the snow', { limit: 100 })
   */
  async picturesByWords(owner: string, text: string, { limit }: { limit: number }): Promise<string[]> {
    const { rows } = await guarded(() =>
      this.#database.pool.query<{ sha256: string }>(BY_WORDS, [owner, cleanText(text), limit]),
    );
    return rows.map(({ sha256 }) => sha256);
  }

  /** The newest caption of each of these pictures that has one. */
  async altTexts(owner: string, sha256s: readonly string[]): Promise<Map<string, string>> {
    if (sha256s.length === 0) return new Map();
    const { rows } = await guarded(() =>
      this.#database.pool.query<{ sha256: string; text: string }>(
        `SELECT DISTINCT ON (i.sha256) i.sha256, r.envelope -> 'result' ->> 'text' AS text
         FROM run_inputs i JOIN runs r ON r.id = i.run_id
         WHERE i.owner = $1 AND i.sha256 = ANY ($2) AND r.task = 'caption'
         ORDER BY i.sha256, r.created_at DESC, r.id DESC`,
        [owner, sha256s],
      ),
    );
    return new Map(rows.map(({ sha256, text }) => [sha256, text]));
  }

  /** Those of these pictures that are the input of no run (any more). */
  async withoutRuns(owner: string, sha256s: readonly string[]): Promise<string[]> {
    const { rows } = await guarded(() =>
      this.#database.pool.query<{ sha256: string }>(
        `SELECT p.sha256 FROM unnest($2::text[]) AS p(sha256)
         WHERE NOT EXISTS (SELECT 1 FROM run_inputs i WHERE i.owner = $1 AND i.sha256 = p.sha256)`,
        [owner, sha256s],
      ),
    );
    return rows.map(({ sha256 }) => sha256);
  }
}

// The rows of a run's answers are in the order of its answers. "Is there a dog?" "No" is not about a dog.
const BY_WORDS = `
  SELECT i.sha256 FROM (
    SELECT s.run_id, ts_rank_cd(s.words, q.query) AS rank
    FROM websearch_to_tsquery('english'::regconfig, $2) AS q(query)
    JOIN search_rows s ON s.words @@ q.query
    JOIN runs r ON r.id = s.run_id
    WHERE s.owner = $1 AND r.kind = 'text' AND s.label_key <> 'no'
      AND coalesce(r.envelope -> 'result' -> 'answers' -> s.rank ->> 'status', r.envelope -> 'result' ->> 'status') = 'answered'
  ) f JOIN run_inputs i ON i.run_id = f.run_id
  WHERE i.mime LIKE 'image/%'
  GROUP BY i.sha256 ORDER BY max(f.rank) DESC, i.sha256 LIMIT $3`;

// A reference of a run to an input is there as long as the bytes are; its id rises from run to run.
const pictures = (past: '<' | '>', direction: 'ASC' | 'DESC') => `
  SELECT r.id, r.sha256, r.run_id FROM blob_references r
  WHERE r.owner = $1 AND r.kind = 'input' AND r.mime LIKE 'image/%' AND ($2::bigint IS NULL OR r.id ${past} $2)
    AND NOT EXISTS (
      SELECT 1 FROM blob_references e
      WHERE e.owner = $1 AND e.sha256 = r.sha256 AND e.kind = 'input' AND e.mime LIKE 'image/%' AND r.id ${past} e.id)
    AND NOT EXISTS (
      SELECT 1 FROM collection_items i WHERE i.collection_id = $4::uuid AND i.sha256 = r.sha256)
  ORDER BY r.id ${direction} LIMIT $3`;
const PICTURES = { oldest: pictures('>', 'ASC'), newest: pictures('<', 'DESC') };
