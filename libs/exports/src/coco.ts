import type { RunEnvelope } from '@fovea/contracts';
import { COCO_CATEGORY_IDS, FIRST_OWN_CATEGORY_ID } from './coco-categories.ts';
import {
  areaOf,
  itemsOf,
  pictureName,
  pictureOf,
  round2,
  visibility,
  type ExportedItem,
  type ExportedPicture,
} from './records.ts';

export interface CocoImage {
  readonly id: number;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}
export interface CocoCategory {
  readonly id: number;
  readonly name: string;
  readonly supercategory: string;
  readonly keypoints?: readonly string[];
}
export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: readonly [number, number, number, number];
  readonly area: number;
  readonly iscrowd: 0;
  readonly score: number;
  readonly segmentation?: readonly (readonly number[])[] | { size: readonly number[]; counts: string };
  /** x, y, v flat: v = 2 visible, 1 guessed. */
  readonly keypoints?: readonly number[];
  readonly num_keypoints?: number;
  readonly keypoint_scores?: readonly number[];
  readonly run: string;
}
export interface CocoDocument {
  readonly annotations: readonly CocoAnnotation[];
  readonly images: readonly CocoImage[];
  readonly categories: readonly CocoCategory[];
  readonly info: { readonly description: string; readonly runs: number; readonly skipped: number };
}

/**
 * Runs as one COCO data set, one run after the other: detections, instances (polygons where the run asked for them,
 * otherwise RLE) and keypoints. A picture that several runs looked at is one image. Classes of COCO keep its ids.
 * It remembers a line for every picture (its hash), not the annotations.
 */
export class CocoBuilder {
  readonly #images = new Map<string, CocoImage>();
  readonly #categories = new Map<string, CocoCategory>();
  #annotations = 0;
  #runs = 0;
  #skipped = 0;

  /** The annotations of one run; none for a kind of result without boxes. */
  add(envelope: RunEnvelope): CocoAnnotation[] {
    const picture = pictureOf(envelope);
    const kind = envelope.result.kind;
    if (!picture || (kind !== 'boxes' && kind !== 'keypoints' && kind !== 'tracks')) {
      this.#skipped++;
      return [];
    }
    this.#runs++;
    const image = this.#image(picture);
    return itemsOf(envelope).flatMap((item) => {
      const { box } = item;
      if (!box) return [];
      return [
        {
          id: ++this.#annotations,
          image_id: image.id,
          category_id: this.#category(item).id,
          bbox: [round2(box.x), round2(box.y), round2(box.width), round2(box.height)] as const,
          area: round2(areaOf(item) ?? 0),
          iscrowd: 0 as const,
          score: item.score,
          ...segmentation(item),
          ...keypoints(item),
          run: envelope.run.id,
        },
      ];
    });
  }

  get images(): readonly CocoImage[] {
    return [...this.#images.values()];
  }

  get categories(): readonly CocoCategory[] {
    return [...this.#categories.values()].sort((a, b) => a.id - b.id);
  }

  get info(): CocoDocument['info'] {
    return {
      description:
        'Exported from Fovea; `run` names the run an annotation comes from, `skipped` counts runs without boxes.',
      runs: this.#runs,
      skipped: this.#skipped,
    };
  }

  #image(picture: ExportedPicture): CocoImage {
    let image = this.#images.get(picture.sha256);
    if (!image) {
      const { width, height, sha256 } = picture;
      image = { id: this.#images.size + 1, file_name: pictureName(picture), width, height, sha256 };
      this.#images.set(sha256, image);
    }
    return image;
  }

  /** A class by its name; it says its joints as soon as a run names them. */
  #category({ label, keypoints: points }: ExportedItem): CocoCategory {
    const known = this.#categories.get(label);
    if (known && (known.keypoints || !points)) return known;
    const category = {
      id: known?.id ?? COCO_CATEGORY_IDS.get(label) ?? this.#ownId(),
      name: label,
      supercategory: label,
      ...(points ? { keypoints: points.map(({ name }) => name) } : {}),
    };
    this.#categories.set(label, category);
    return category;
  }

  #ownId(): number {
    const ids = [...this.#categories.values()].map(({ id }) => id);
    return Math.max(FIRST_OWN_CATEGORY_ID - 1, ...ids) + 1;
  }
}

function segmentation({ polygons, mask }: ExportedItem): Pick<CocoAnnotation, 'segmentation'> {
  if (polygons && polygons.length > 0) return { segmentation: polygons.map((ring) => ring.map(round2)) };
  return mask ? { segmentation: mask } : {};
}

function keypoints({
  keypoints: points,
}: ExportedItem): Pick<CocoAnnotation, 'keypoints' | 'num_keypoints' | 'keypoint_scores'> {
  if (!points) return {};
  return {
    keypoints: points.flatMap(({ x, y, score }) => [round2(x), round2(y), visibility(score)]),
    num_keypoints: points.length,
    keypoint_scores: points.map(({ score }) => score),
  };
}

/**
 * A few runs as one COCO document, all of it in memory.
 * @example const { annotations } = toCoco([envelope]);
 */
export function toCoco(envelopes: Iterable<RunEnvelope>): CocoDocument {
  const builder = new CocoBuilder();
  const annotations = [...envelopes].flatMap((envelope) => builder.add(envelope));
  return { annotations, images: builder.images, categories: builder.categories, info: builder.info };
}

/** The text of a COCO document, piece by piece: the annotations as they come, then images, categories, info. */
export async function* cocoText(runs: AsyncIterable<RunEnvelope>): AsyncGenerator<string> {
  const builder = new CocoBuilder();
  yield '{"annotations":[';
  let separator = '\n';
  for await (const run of runs)
    for (const annotation of builder.add(run)) {
      yield `${separator}${JSON.stringify(annotation)}`;
      separator = ',\n';
    }
  yield '\n],"images":[';
  separator = '\n';
  for (const image of builder.images) {
    yield `${separator}${JSON.stringify(image)}`;
    separator = ',\n';
  }
  yield `\n],"categories":${JSON.stringify(builder.categories)},"info":${JSON.stringify(builder.info)}}\n`;
}
