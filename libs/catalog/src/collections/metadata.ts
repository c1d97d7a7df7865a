import { VisionError, type Metadata } from '@fovea/contracts';
import { cleanText } from '../search-rows.ts';

const METADATA_BYTES = 16 * 1024;

/**
 * Metadata as Postgres can hold it: texts without NUL and halves of surrogate pairs.
 * @returns its JSON
 * @throws INVALID_PARAMETER when it is longer than 16 KiB
 */
export function metadataJson(metadata: Metadata): string {
  const json = JSON.stringify(clean(metadata));
  if (Buffer.byteLength(json) > METADATA_BYTES)
    throw new VisionError('INVALID_PARAMETER', `metadata: at most ${METADATA_BYTES / 1024} KiB as JSON.`);
  return json;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [cleanText(key), clean(each)]));
}
