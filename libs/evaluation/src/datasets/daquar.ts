import { join } from 'node:path';
import type { Dataset, DatasetImage, ReadDatasetOptions } from '../dataset.ts';
import { Fields } from './fields.ts';
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
  'questions.json ([{"image": "image1.jpg", "question": "…", "answer": "…"}, …])',
  'qa.894.raw.test.txt (a question on every other line, its answer below)',
];
const PICTURE_FOLDERS = ['nyu_depth_images', 'images', 'Images'];
/** Each question of DAQUAR ends by saying which picture it is about. */
const PICTURE_NAMED = /\s*in (?:the )?(image\d+)/u;

interface Asked {
  readonly file: string;
  readonly question: string;
  readonly answer: string;
  readonly where: () => string;
}

/**
 * Reads DAQUAR (Malinowski and Fritz, NIPS 2014): its own text files, `qa.894.raw.test.txt` and the like, or
 * `questions.json`; pictures in `nyu_depth_images/`, `images/` or beside them. "in the image33" is taken out of the
 * questions, which end in one question mark.
 * @param options split: test (default) or train, of the text files
 */
export async function readDaquar(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const top = await listFolder(folder);
  const split = options.split ?? 'test';
  const file =
    (options.split === undefined && top?.files.includes('questions.json') ? 'questions.json' : undefined) ??
    top?.files.find((name) => name.startsWith('qa.') && name.endsWith(`.${split}.txt`));
  if (!top || file === undefined) throw notThere(`${folder} has no questions (${split})`, LOOKED_FOR);
  const path = join(folder, file);
  const bytes = await readBytes(path);
  const pictures = PICTURE_FOLDERS.find((name) => top.folders.includes(name)) ?? '.';
  const there = (await listFolder(join(folder, pictures)))?.files.filter(isPicture) ?? [];
  const asked =
    file === 'questions.json'
      ? fromJson(new JsonFile(path, bytes))
      : fromLines(textOf(bytes, path), path, pictureNames(there));
  if (asked.length === 0) throw damaged(path, 'has no questions', { hint: LOOKED_FOR.join('; ') });
  const names = [...new Set(asked.map((each) => each.file))].sort();
  const ids = new Map(names.map((name, index) => [name, index + 1]));
  const known = new Set(there);
  for (const each of asked)
    if (!known.has(each.file))
      throw damaged(each.where(), `${each.file} is no picture that is there`, {
        hint: `Pictures lie in ${PICTURE_FOLDERS.join('/, ')}/ or beside the questions.`,
      });
  const fingerprint = new Fingerprint();
  fingerprint.addFile(file, bytes);
  fingerprint.addPictures(names);
  return {
    format: 'daquar',
    name: datasetName(folder),
    folder,
    sha256: fingerprint.sha256(),
    ...(file === 'questions.json' ? {} : { split }),
    categories: [],
    images: names.map((name, index): DatasetImage => ({
      id: index + 1,
      name,
      source: { file: join(folder, pictures, name) },
    })),
    truths: [],
    questions: asked.map(({ file: name, question, answer }) => ({
      imageId: ids.get(name)!,
      text: question,
      answers: [answer],
    })),
    has: { boxes: false, masks: false, keypoints: false, labels: false, captions: false, questions: true },
  };
}

function fromJson(json: JsonFile): Asked[] {
  if (!Array.isArray(json.root)) throw json.wrong([], 'must be a list of questions');
  return json.root.map((entry: unknown, index): Asked => {
    const fields = new Fields(json, [index], entry);
    const where = (key: string) => () => json.where([index, key]);
    return {
      file: innerPath(fields.text('image'), where('image')),
      question: questionOf(fields.text('question'), where('question')),
      answer: answerOf(fields.text('answer'), where('answer')),
      where: where('image'),
    };
  });
}

function fromLines(text: string, path: string, files: ReadonlyMap<string, string>): Asked[] {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  return Array.from({ length: Math.ceil(lines.length / 2) }, (_, pair): Asked => {
    const at = 2 * pair;
    const question = lines[at]!;
    const where = () => `${path}:${at + 1}`;
    const name = PICTURE_NAMED.exec(question.toLowerCase())?.[1];
    if (name === undefined) throw damaged(where(), 'must end by naming its picture: … in the image33 ?');
    return {
      file: files.get(name) ?? `${name}.png`,
      question: questionOf(question, where),
      answer: answerOf(lines[at + 1] ?? '', () => `${path}:${at + 2}`),
      where,
    };
  });
}

/** Pictures by their name without ending. */
const pictureNames = (files: readonly string[]): Map<string, string> =>
  new Map(files.map((file) => [file.replace(/\.[^.]*$/, '').toLowerCase(), file]));

function questionOf(text: string, where: () => string): string {
  const words = text
    .toLowerCase()
    .replace(new RegExp(PICTURE_NAMED, 'gu'), '')
    .replace(/[\s?]+$/u, '')
    .trim();
  if (words === '') throw damaged(where(), 'must be a question');
  return `${words}?`;
}

function answerOf(text: string, where: () => string): string {
  if (text.replaceAll(',', '').trim() === '') throw damaged(where(), 'must be an answer');
  return text.trim();
}
