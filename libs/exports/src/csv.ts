import type { RunEnvelope } from '@fovea/contracts';
import { areaOf, itemsOf, pictureOf, round2, type ExportedItem } from './records.ts';

const COLUMNS = [
  'run',
  'created_at',
  'task',
  'model',
  'input_sha256',
  'image_width',
  'image_height',
  'item',
  'label',
  'class_id',
  'score',
  'x',
  'y',
  'width',
  'height',
  'area',
  'fraction',
  'handedness',
  'keypoints',
] as const;

/**
 * Runs as CSV (RFC 4180), a row for every thing found; a run that found nothing has one row without an item.
 * Boxes and areas in pixels; `keypoints` is `name:x:y:score`, joined by blanks.
 */
export async function* csvText(runs: AsyncIterable<RunEnvelope>): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for await (const run of runs) yield csvRows(run);
}

/** The rows of one run. */
export function csvRows(envelope: RunEnvelope): string {
  const { run } = envelope;
  const picture = pictureOf(envelope);
  const input = Object.values(envelope.inputs)[0];
  const first = [
    run.id,
    run.createdAt,
    run.task,
    run.models[0]?.id,
    input?.sha256,
    picture?.width,
    picture?.height,
  ];
  const items = itemsOf(envelope);
  const rows =
    items.length === 0 ? [[...first, ...Array<undefined>(COLUMNS.length - first.length)]] : items.map(row);
  return rows.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');

  function row(item: ExportedItem, index: number): (string | number | undefined)[] {
    const { box } = item;
    const area = areaOf(item);
    return [
      ...first,
      index,
      item.label,
      item.classId,
      item.score,
      ...(box ? [box.x, box.y, box.width, box.height].map(round2) : Array<undefined>(4)),
      area === undefined ? undefined : round2(area),
      item.fraction,
      item.handedness,
      item.keypoints
        ?.map(({ name, x, y, score }) => `${name}:${round2(x)}:${round2(y)}:${round2(score)}`)
        .join(' '),
    ];
  }
}

/** Text of a spreadsheet that begins like a formula is shown, not computed. */
function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
