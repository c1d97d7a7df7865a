import { assertUnreachable, SKELETON_LABELS, type Box, type Result } from '@fovea/contracts';
import { maskArea } from '@fovea/geometry';

/** One searchable thing of a result. Box columns are relative to the picture, 0..1, null without box or picture size. */
export interface SearchRow {
  readonly label: string;
  readonly labelKey: string;
  readonly classId: number | null;
  readonly score: number;
  readonly relX: number | null;
  readonly relY: number | null;
  readonly relWidth: number | null;
  readonly relHeight: number | null;
  /** Share of the picture that it covers: its mask where it has one, otherwise its box. */
  readonly relArea: number | null;
  /** What was asked, where the label is an answer: found by its words as well. */
  readonly question: string | null;
}

export interface PictureSize {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** An index entry of Postgres must stay under 2.7 kB. */
const KEY_CHARACTERS = 300;
const LABEL_CHARACTERS = 2_000;

/** What labels are compared by: lower case, one Unicode form, no characters that Postgres cannot hold. */
export const labelKey = (label: string): string =>
  [...cleanText(label).normalize('NFC').toLowerCase().trim()].slice(0, KEY_CHARACTERS).join('');

/** Postgres holds neither NUL nor half of a surrogate pair in text. */
export const cleanText = (text: string): string => text.replaceAll('\0', '').toWellFormed();

/**
 * The rows by which a result is found: labels, boxes, answers; none for pictures, vectors, maps and matches.
 * @param result any result of the closed union
 * @param picture size of the primary input, for relative boxes
 * @example searchRows({ kind: 'labels', labels: [{ label: 'tabby', classId: 281, score: 0.9 }] })[0]?.labelKey   // 'tabby'
 */
export function searchRows(result: Result, picture: PictureSize = {}): SearchRow[] {
  switch (result.kind) {
    case 'labels':
      return result.labels.map(({ label, classId, score }) => row({ label, classId, score }));
    case 'boxes':
      return result.items.map(({ label, classId, score, box, mask }) => {
        const found = row({ label, classId, score, box, picture });
        return mask ? { ...found, relArea: maskArea(mask) / (mask.size[0] * mask.size[1]) } : found;
      });
    case 'masks':
      return result.classes.map(({ label, classId, fraction }) => ({
        ...row({ label, classId, score: 1 }),
        relArea: fraction,
      }));
    case 'keypoints':
      return result.items.map(({ score, box }) =>
        row({ label: SKELETON_LABELS[result.skeleton], score, box, picture }),
      );
    case 'text':
      // A row for each answer, in their order: whoever finds one knows which it is.
      return (result.answers ?? [result]).map(({ text, score, ...answer }) =>
        row({ label: text, score, question: 'question' in answer ? answer.question : undefined }),
      );
    case 'tracks':
      return result.items.map(({ label, score, box }) => row({ label, score, box, picture }));
    case 'heatmap':
      return [row(result.target)];
    case 'audio-labels':
      return result.labels.map((label) => row(label));
    case 'image':
    case 'matches':
    case 'vector':
    case 'maps':
      return [];
    default:
      return assertUnreachable(result);
  }
}

/** Every blob that a result names itself (attachments are beside it). */
export function resultBlobs(result: Result): string[] {
  switch (result.kind) {
    case 'masks':
      return [result.map.blob];
    case 'image':
    case 'heatmap':
      return [result.blob];
    case 'maps':
      return result.tiles.map((tile) => tile.blob);
    case 'audio-labels':
      return result.spectrogram ? [result.spectrogram.blob] : [];
    case 'labels':
    case 'boxes':
    case 'keypoints':
    case 'text':
    case 'matches':
    case 'tracks':
    case 'vector':
      return [];
    default:
      return assertUnreachable(result);
  }
}

function row(item: {
  label: string;
  score: number;
  classId?: number;
  box?: Box;
  picture?: PictureSize;
  question?: string | undefined;
}): SearchRow {
  const { width, height } = item.picture ?? {};
  const box = item.box && width && height ? item.box : undefined;
  const relX = box && width ? box.x / width : null;
  const relY = box && height ? box.y / height : null;
  const relWidth = box && width ? box.width / width : null;
  const relHeight = box && height ? box.height / height : null;
  return {
    label: [...cleanText(item.label)].slice(0, LABEL_CHARACTERS).join(''),
    labelKey: labelKey(item.label),
    classId: item.classId ?? null,
    score: item.score,
    relX,
    relY,
    relWidth,
    relHeight,
    relArea: relWidth === null || relHeight === null ? null : relWidth * relHeight,
    question: item.question === undefined ? null : labelKey(item.question),
  };
}
