import { join, posix } from 'node:path';
import type { Dataset, DatasetImage, ReadDatasetOptions } from '../dataset.ts';
import {
  damaged,
  datasetName,
  Fingerprint,
  innerPath,
  isPicture,
  listFolder,
  notThere,
  readBytes,
  textOf,
} from './files.ts';
import { JsonFile } from './json.ts';

const LOOKED_FOR = [
  'captions.json ({"picture.jpg": ["a caption", …]})',
  'captions.txt (image,caption)',
  'Flickr8k.token.txt (picture.jpg#0<tab>caption)',
];
const PICTURE_FOLDERS = ['images', 'Images', 'Flicker8k_Dataset', 'Flickr8k_Dataset', 'flickr30k_images'];

interface CaptionOf {
  readonly file: string;
  readonly text: string;
  readonly where: () => string;
}

/**
 * Reads pictures with captions: `captions.json` (a list of captions for each file name), `captions.txt` or
 * `captions.csv` (`image,caption` on every line), or Flickr8k's own `Flickr8k.token.txt`; the pictures lie in `images/`
 * or beside it. COCO's captions are read by the format coco.
 */
export async function readCaptions(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const base =
    options.split === undefined
      ? folder
      : join(
          folder,
          innerPath(options.split, () => 'split'),
        );
  const top = await listFolder(base);
  if (!top) throw notThere(`${folder} has no folder ${options.split}`, LOOKED_FOR);
  const file = top.files.find((name) =>
    /^(captions\.(json|txt|csv)|(Flickr\w+|results_\d+)\.token(\.txt)?)$/i.test(name),
  );
  if (file === undefined) throw notThere(`${base} has no captions`, LOOKED_FOR);
  const bytes = await readBytes(join(base, file));
  const captions = /json$/i.test(file)
    ? fromJson(new JsonFile(join(base, file), bytes))
    : fromLines(textOf(bytes, join(base, file)), join(base, file));

  const pictures = PICTURE_FOLDERS.find((name) => top.folders.includes(name)) ?? '.';
  const there = new Set((await listFolder(join(base, pictures)))?.files);
  const names = [...new Set(captions.map((caption) => caption.file))].sort();
  const ids = new Map(names.map((name, index) => [name, index + 1]));
  for (const caption of captions)
    if (!there.has(caption.file) || !isPicture(caption.file))
      throw damaged(caption.where(), `${posix.join(pictures, caption.file)} is no picture that is there`, {
        hint: `Pictures lie in ${PICTURE_FOLDERS.join('/, ')}/ or beside the captions.`,
      });
  if (names.length === 0) throw damaged(join(base, file), 'has no captions', { hint: LOOKED_FOR.join('; ') });
  const fingerprint = new Fingerprint();
  fingerprint.addFile(file, bytes);
  fingerprint.addPictures(names);
  return {
    format: 'captions',
    name: datasetName(folder),
    folder,
    sha256: fingerprint.sha256(),
    ...(options.split === undefined ? {} : { split: options.split }),
    categories: [],
    images: names.map((name, index): DatasetImage => ({
      id: index + 1,
      name,
      source: { file: join(base, pictures, name) },
    })),
    truths: [],
    captions: captions.map((caption) => ({ imageId: ids.get(caption.file)!, text: caption.text })),
    has: { boxes: false, masks: false, keypoints: false, labels: false, captions: true },
  };
}

function fromJson(json: JsonFile): CaptionOf[] {
  if (typeof json.root !== 'object' || json.root === null || Array.isArray(json.root))
    throw json.wrong([], 'must be an object {"picture.jpg": ["a caption", …]}');
  return Object.entries(json.root).flatMap(([file, texts]: [string, unknown]) => {
    if (!Array.isArray(texts)) throw json.wrong([file], 'must be a list of captions');
    return texts.map((text: unknown, index): CaptionOf => {
      if (typeof text !== 'string' || text.trim() === '')
        throw json.wrong([file, index], 'must be a caption');
      return { file, text: text.trim(), where: () => json.where([file, index]) };
    });
  });
}

/** `picture.jpg#0<tab>caption`, or `picture.jpg,caption` under a line of titles; quotes as in CSV. */
function fromLines(text: string, path: string): CaptionOf[] {
  return text.split(/\r?\n/).flatMap((line, index): CaptionOf[] => {
    if (line.trim() === '' || (index === 0 && /^image\s*,\s*caption\b/i.test(line))) return [];
    const where = () => `${path}:${index + 1}`;
    const match = /^([^\t#,]+)#\d+\t(.+)$/.exec(line) ?? /^([^,]+),\s*(.+)$/.exec(line);
    const [, file, rest] = match ?? [];
    if (file === undefined || rest === undefined)
      throw damaged(where(), 'must be picture.jpg#0<tab>caption or picture.jpg,caption');
    const quoted = /^"(.*)"$/.exec(rest.trim());
    const caption = quoted ? quoted[1]!.replaceAll('""', '"') : rest;
    return [{ file: file.trim(), text: caption.trim(), where }];
  });
}
