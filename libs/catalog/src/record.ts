import type { RunEnvelope } from '@fovea/contracts';
import { cleanText, searchRows, type SearchRow } from './search-rows.ts';

export interface RecordedInput {
  readonly name: string;
  /** Position among inputs of the same name. */
  readonly index: number;
  readonly sha256: string;
  readonly mime: string;
  /** Left out where the catalog has them already: a reference is made if the owner may read them. */
  readonly bytes?: Uint8Array;
}

/** A blob that the result or the attachments of the envelope name. */
export interface RecordedBlob {
  readonly sha256: string;
  readonly mime: string;
  /** Left out where the file is there already. */
  readonly bytes?: Uint8Array;
}

export interface RunRecord {
  readonly owner: string;
  readonly envelope: RunEnvelope;
  readonly inputs: readonly RecordedInput[];
  /** Not needed for blobs that the owner gave to `blobs.put` within the hour: they are found by their hash. */
  readonly attachments?: readonly RecordedBlob[];
  /** The key that `idempotency.begin` answered `new` for. */
  readonly idempotencyKey?: {
    readonly key: string;
    readonly requestSha256: string;
    /** Default true: a repeat is answered from now on. False while more runs of the same request follow. */
    readonly done?: boolean;
  };
}

/** A blob on the disk that a run will refer to. */
export interface BlobUse {
  readonly sha256: string;
  /** Null: as in the owner's reference. */
  readonly mime: string | null;
  readonly kind: 'input' | 'result' | 'attachment';
  /** Null: refer to it only if the owner has a reference already. */
  readonly bytes: number | null;
}

/** A record in the shape of its rows. */
export interface PreparedRecord {
  readonly owner: string;
  readonly envelope: RunEnvelope;
  /** The envelope as it is stored. */
  readonly json: string;
  readonly inputs: readonly { name: string; position: number; sha256: string; mime: string; bytes: number }[];
  readonly rows: readonly SearchRow[];
  readonly uses: readonly BlobUse[];
  readonly idempotencyKey?: RunRecord['idempotencyKey'];
}

/** An owner is a short piece of plain text: part of every index entry. */
export function checkOwner(owner: string): string {
  if (typeof owner !== 'string' || owner.length === 0)
    throw new TypeError('owner must be a non-empty string');
  if (owner.length > 200 || cleanText(owner) !== owner)
    throw new RangeError('owner must be at most 200 characters of plain text');
  return owner;
}

/** Shapes a record; its blobs are on the disk by now. */
export function prepareRecord(record: RunRecord, uses: readonly BlobUse[]): PreparedRecord {
  const { envelope } = record;
  const facts = Object.values(envelope.inputs);
  const places = new Set(record.inputs.map(({ name, index }) => `${index} ${name}`));
  if (places.size < record.inputs.length)
    throw new RangeError(`run ${envelope.run.id}: two inputs have the same name and index`);
  return {
    owner: checkOwner(record.owner),
    envelope,
    json: JSON.stringify(envelope),
    inputs: record.inputs.map((input) => ({
      name: cleanText(input.name),
      position: input.index,
      sha256: input.sha256,
      mime: cleanText(input.mime),
      bytes: input.bytes?.length ?? facts.find((fact) => fact.sha256 === input.sha256)?.bytes ?? 0,
    })),
    rows: searchRows(envelope.result, facts[0]),
    uses: uses.map((use) => ({ ...use, mime: use.mime && cleanText(use.mime) })),
    ...(record.idempotencyKey ? { idempotencyKey: record.idempotencyKey } : {}),
  };
}
