import {
  invalidFields,
  ExportQuery,
  VisionError,
  type ExportFormat,
  type RunEnvelope,
} from '@fovea/contracts';
import type { Catalog } from '@fovea/catalog';
import { cocoText, csvText, yoloFiles, type ExportedFile } from '@fovea/exports';
import { Zip, ZipDeflate } from 'fflate';

/** A file that is made while it is sent. */
export interface Export {
  readonly mime: string;
  readonly fileName: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

const KINDS: Readonly<Record<ExportFormat, { readonly mime: string; readonly fileName: string }>> = {
  coco: { mime: 'application/json', fileName: 'fovea-coco.json' },
  csv: { mime: 'text/csv; charset=utf-8', fileName: 'fovea-runs.csv' },
  jsonl: { mime: 'application/jsonl', fileName: 'fovea-runs.jsonl' },
  yolo: { mime: 'application/zip', fileName: 'fovea-yolo.zip' },
};

/**
 * The runs that a query finds as one file; a few runs at a time are in memory.
 * @throws INVALID_PARAMETER; CATALOG_UNAVAILABLE before or while the bytes are read
 */
export function exportRuns(catalog: Catalog, owner: string, query: unknown): Export {
  const parsed = ExportQuery.strict().safeParse(query);
  if (!parsed.success) throw invalidFields(parsed.error);
  const { format, about, ...filter } = parsed.data;
  if (about !== undefined)
    throw new VisionError('INVALID_PARAMETER', 'about: runs found by meaning are not exported', {
      errors: [{ path: 'about', message: 'runs found by meaning are not exported' }],
      hint: 'Leave it out, or use the other filters.',
    });
  const runs = catalog.runs.stream(owner, filter);
  return { ...KINDS[format], bytes: write(format, runs) };
}

function write(format: ExportFormat, runs: AsyncIterable<RunEnvelope>): AsyncIterable<Uint8Array> {
  switch (format) {
    case 'coco':
      return chunks(cocoText(runs));
    case 'csv':
      return chunks(csvText(runs));
    case 'jsonl':
      return chunks(lines(runs));
    case 'yolo':
      return zipped(yoloFiles(runs));
  }
}

async function* lines(runs: AsyncIterable<RunEnvelope>): AsyncGenerator<string> {
  for await (const run of runs) yield `${JSON.stringify(run)}\n`;
}

const CHUNK_CHARACTERS = 64 * 1024;
const encoder = new TextEncoder();

/** Small pieces of text as larger ones of bytes. */
async function* chunks(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield encoder.encode(text);
    text = '';
  }
  if (text !== '') yield encoder.encode(text);
}

/** A ZIP of files, one after the other: nothing is compressed before what came earlier is taken. */
async function* zipped(files: AsyncIterable<ExportedFile>): AsyncGenerator<Uint8Array> {
  let made: Uint8Array[] = [];
  const zip = new Zip((error, bytes) => {
    if (error) throw error;
    made.push(bytes);
  });
  for await (const { path, text } of files) {
    const file = new ZipDeflate(path, { level: 6 });
    zip.add(file);
    file.push(encoder.encode(text), true);
    yield* made;
    made = [];
  }
  zip.end();
  yield* made;
}
