import type { RunEnvelope } from '@fovea/contracts';
import { maskToPolygons, polygonArea } from '@fovea/geometry';
import { itemsOf, pictureOf, visibility, type ExportedItem, type ExportedPicture } from './records.ts';

/** A file of the archive. */
export interface ExportedFile {
  readonly path: string;
  readonly text: string;
}

/** Left and right changed places: what Ultralytics calls flip_idx, for a mirrored picture. */
const mirrored = (names: readonly string[]): number[] =>
  names.map((name, index) => {
    const other = name.startsWith('left_')
      ? name.replace('left_', 'right_')
      : name.replace('right_', 'left_');
    const at = names.indexOf(other);
    return at < 0 ? index : at;
  });

interface TaskLabels {
  readonly names: string[];
  readonly pictures: Set<string>;
  keypoints?: readonly string[];
}

/**
 * Runs as label files of Ultralytics' YOLO: `<task>/labels/<sha256 of the picture>.txt`, coordinates relative to the
 * picture, and `<task>/data.yaml` with the class names in the order of their appearance. Boxes are
 * `class cx cy w h`, instances `class x1 y1 x2 y2 …` (the largest outline), keypoints `class cx cy w h x y v …`.
 * Of several runs of a task on one picture the newest counts (runs come newest first).
 */
export async function* yoloFiles(runs: AsyncIterable<RunEnvelope>): AsyncGenerator<ExportedFile> {
  const tasks = new Map<string, TaskLabels>();
  for await (const run of runs) {
    const picture = pictureOf(run);
    const { task } = run.run;
    if (!picture || (run.result.kind !== 'boxes' && run.result.kind !== 'keypoints')) continue;
    let labels = tasks.get(task);
    if (!labels) tasks.set(task, (labels = { names: [], pictures: new Set() }));
    if (labels.pictures.has(picture.sha256)) continue;
    labels.pictures.add(picture.sha256);
    const lines = itemsOf(run).map((item) => line(item, picture, labels));
    yield { path: `${task}/labels/${picture.sha256}.txt`, text: lines.join('') };
  }
  for (const [task, labels] of tasks) yield { path: `${task}/data.yaml`, text: dataYaml(labels) };
}

function line(item: ExportedItem, picture: ExportedPicture, labels: TaskLabels): string {
  let index = labels.names.indexOf(item.label);
  if (index < 0) index = labels.names.push(item.label) - 1;
  const x = (value: number) => relative(value / picture.width);
  const y = (value: number) => relative(value / picture.height);
  const ring = outline(item);
  const box = item.box ?? { x: 0, y: 0, width: 0, height: 0 };
  const numbers = ring
    ? ring.map((value, at) => (at % 2 === 0 ? x(value) : y(value)))
    : [x(box.x + box.width / 2), y(box.y + box.height / 2), x(box.width), y(box.height)];
  if (item.keypoints) {
    labels.keypoints ??= item.keypoints.map(({ name }) => name);
    for (const point of item.keypoints) numbers.push(x(point.x), y(point.y), String(visibility(point.score)));
  }
  return `${[index, ...numbers].join(' ')}\n`;
}

/** Pixels that an outline may lie from the mask's. */
const OUTLINE_TOLERANCE_PX = 1;

/** The largest outline of an instance: a line of YOLO holds one. */
function outline({ polygons, mask }: ExportedItem): readonly number[] | undefined {
  if (polygons && polygons.length > 0)
    return polygons.reduce((best, ring) => (polygonArea(ring) > polygonArea(best) ? ring : best));
  return mask && maskToPolygons(mask, { tolerance: OUTLINE_TOLERANCE_PX })[0];
}

const relative = (value: number): string => String(Math.round(Math.min(1, Math.max(0, value)) * 1e6) / 1e6);

function dataYaml({ names, keypoints }: TaskLabels): string {
  const pose = keypoints
    ? [`kpt_shape: [${keypoints.length}, 3]`, `flip_idx: [${mirrored(keypoints).join(', ')}]`]
    : [];
  return [
    '# Labels exported from Fovea. Put the pictures beside them as images/<sha256>.<extension>:',
    '# GET /v1/blobs/<sha256> gives each.',
    'path: .',
    'train: images',
    'val: images',
    ...pose,
    'names:',
    ...names.map((name, index) => `  ${index}: ${JSON.stringify(name)}`),
    '',
  ].join('\n');
}
