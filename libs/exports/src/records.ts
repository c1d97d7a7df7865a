import {
  assertUnreachable,
  MIN_KEYPOINT_SCORE,
  SKELETON_LABELS,
  type Box,
  type ResultOf,
  type Rle,
  type RunEnvelope,
} from '@fovea/contracts';
import { maskArea } from '@fovea/geometry';

/** The picture that a run looked at: its primary input. */
export interface ExportedPicture {
  readonly sha256: string;
  readonly mime: string;
  readonly width: number;
  readonly height: number;
}

type Keypoints = ResultOf<'keypoints'>;
/** One thing found in a picture, whatever the kind of result. */
export interface ExportedItem {
  readonly label: string;
  readonly classId: number;
  readonly score: number;
  readonly box?: Box;
  readonly mask?: Rle;
  readonly polygons?: readonly (readonly number[])[];
  readonly skeleton?: Keypoints['skeleton'];
  readonly handedness?: 'left' | 'right';
  readonly keypoints?: Keypoints['items'][number]['keypoints'];
  /** Share of the picture, for class maps. */
  readonly fraction?: number;
}

/** The primary input's picture, or undefined where a run had none. */
export function pictureOf({ inputs }: RunEnvelope): ExportedPicture | undefined {
  const [first] = Object.values(inputs);
  if (!first?.width || !first.height) return undefined;
  return { sha256: first.sha256, mime: first.mime, width: first.width, height: first.height };
}

/** The things that a result names, in its order; none for pictures, vectors, matches and maps. */
export function itemsOf({ result }: RunEnvelope): ExportedItem[] {
  switch (result.kind) {
    case 'labels':
      return result.labels.map(({ label, classId, score }) => ({ label, classId, score }));
    case 'boxes':
      return result.items;
    case 'keypoints':
      return result.items.map((item) => ({
        label: SKELETON_LABELS[result.skeleton],
        classId: 0,
        skeleton: result.skeleton,
        ...item,
      }));
    case 'masks':
      return result.classes.map(({ label, classId, fraction }) => ({ label, classId, score: 1, fraction }));
    case 'tracks':
      return result.items.map(({ label, score, box }) => ({ label, classId: 0, score, box }));
    case 'audio-labels':
      return result.labels.map(({ label, score }) => ({ label, classId: 0, score }));
    case 'heatmap':
      return [{ classId: 0, ...result.target }];
    case 'text':
      return [{ label: result.text, classId: 0, score: result.score }];
    case 'image':
    case 'matches':
    case 'vector':
    case 'maps':
      return [];
    default:
      return assertUnreachable(result);
  }
}

/** Pixels that a thing covers: of its mask where it has one, otherwise of its box. */
export function areaOf({ mask, box }: ExportedItem): number | undefined {
  if (mask) return maskArea(mask);
  return box && box.width * box.height;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/tiff': 'tiff',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
};
/** The name of a picture in an export: its hash, as the catalog knows no other. */
export const pictureName = ({ sha256, mime }: ExportedPicture): string =>
  `${sha256}.${EXTENSIONS[mime] ?? 'bin'}`;

/** COCO's v: 2 = visible, 1 = labelled, though hidden: a guess. */
export const visibility = (score: number): 1 | 2 => (score >= MIN_KEYPOINT_SCORE ? 2 : 1);

/** Two decimals: a hundredth of a pixel. */
export const round2 = (value: number): number => Math.round(value * 100) / 100;
