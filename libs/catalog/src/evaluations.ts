import {
  EvaluationQuery,
  invalidFields,
  type Evaluation,
  type EvaluationPage,
  type EvaluationSummary,
} from '@fovea/contracts';
import type { z } from 'zod';
import type { BlobFiles } from './blob-files.ts';
import { decodeCursor, isUuid, pageOf } from './cursor.ts';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { checkOwner, type RecordedBlob } from './record.ts';
import { cleanText } from './search-rows.ts';
import { OR_TOUCH_BLOB } from './touch-blobs.ts';

/** An evaluation as it is kept, and the pictures and maps that its report names. */
export interface EvaluationRecord {
  readonly owner: string;
  readonly evaluation: Evaluation;
  readonly blobs?: readonly (RecordedBlob & { readonly bytes: Uint8Array })[];
}

/** What models were measured at; every call names the owner, and sees nobody else's. */
export class Evaluations {
  readonly #database: Database;
  readonly #files: BlobFiles;

  constructor(database: Database, files: BlobFiles) {
    this.#database = database;
    this.#files = files;
  }

  /**
   * Settles after the commit; its blobs are on the disk before. The same id again changes nothing: a job that was
   * interrupted after this commit ends with the record it has.
   * @throws CATALOG_UNAVAILABLE, STORAGE_FULL
   */
  async record({ owner, evaluation, blobs = [] }: EvaluationRecord): Promise<void> {
    checkOwner(owner);
    const { report, ...summary } = evaluation;
    const holds = blobs.map(({ sha256 }) => this.#files.hold(sha256));
    try {
      for (const { bytes, sha256 } of blobs) await this.#files.put(bytes, sha256);
      await guarded(() =>
        this.#database.pool.query(RECORD, [
          summary.id,
          owner,
          summary.createdAt,
          summary.task,
          summary.models[0]?.id ?? '',
          summary.models[0]?.sha256 ?? '',
          cleanText(summary.dataset.name),
          summary.dataset.sha256,
          JSON.stringify(summary),
          JSON.stringify(report),
          blobs.map((blob) => blob.sha256),
          blobs.map((blob) => blob.bytes.length),
          blobs.map((blob) => cleanText(blob.mime)),
        ]),
      );
    } finally {
      for (const release of holds) release();
    }
  }

  /** The evaluation with its report, or null. */
  async get(owner: string, id: string): Promise<Evaluation | null> {
    if (!isUuid(id)) return null;
    const found = await guarded(() =>
      this.#database.prisma.evaluation.findFirst({
        where: { id, owner },
        select: { summary: true, report: true },
      }),
    );
    if (!found) return null;
    const summary = found.summary as unknown as EvaluationSummary;
    return { ...summary, report: found.report as unknown as Evaluation['report'] };
  }

  /**
   * One page, newest first, without the reports.
   * @throws INVALID_PARAMETER for a filter or a cursor that is not one; CATALOG_UNAVAILABLE
   */
  async list(owner: string, query: Partial<z.input<typeof EvaluationQuery>> = {}): Promise<EvaluationPage> {
    const parsed = EvaluationQuery.safeParse(query);
    if (!parsed.success) throw invalidFields(parsed.error);
    const { task, model, dataset, limit, cursor } = parsed.data;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const rows = await guarded(() =>
      this.#database.prisma.evaluation.findMany({
        where: {
          owner,
          ...(task === undefined ? {} : { task }),
          ...(model === undefined ? {} : { modelId: model }),
          AND: [
            dataset === undefined ? {} : { OR: [{ datasetName: dataset }, { datasetSha256: dataset }] },
            after === undefined
              ? {}
              : {
                  OR: [
                    { createdAt: { lt: after.createdAt } },
                    { createdAt: after.createdAt, id: { lt: after.id } },
                  ],
                },
          ],
        },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
        select: { id: true, createdAt: true, summary: true },
      }),
    );
    return pageOf(rows, limit, (row) => row.summary as unknown as EvaluationSummary);
  }

  /** Deletes an evaluation and its references; pictures that nothing else refers to go with the next collection. */
  async delete(owner: string, id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const { count } = await guarded(() =>
      this.#database.prisma.evaluation.deleteMany({ where: { id, owner } }),
    );
    return count > 0;
  }
}

const RECORD = `WITH new_evaluation AS (
  INSERT INTO evaluations (id, owner, created_at, task, model_id, model_sha256, dataset_name, dataset_sha256, summary, report)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (id) DO NOTHING
  RETURNING id, owner, created_at
), given AS (
  SELECT DISTINCT ON (sha256) sha256, bytes, mime FROM unnest($11::text[], $12::bigint[], $13::text[]) AS t(sha256, bytes, mime)
  ORDER BY sha256
), new_blobs AS (
  INSERT INTO blobs (sha256, bytes) SELECT sha256, bytes FROM given
  ${OR_TOUCH_BLOB}
)
INSERT INTO blob_references (owner, sha256, kind, mime, evaluation_id, created_at)
SELECT e.owner, g.sha256, 'evaluation', g.mime, e.id, e.created_at FROM new_evaluation e CROSS JOIN given g`;
