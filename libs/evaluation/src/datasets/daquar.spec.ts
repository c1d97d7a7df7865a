import { describe, expect, it } from 'vitest';
import { datasetFolder } from '../../test/dataset-folder.ts';
import { readDataset } from '../read-dataset.ts';

const asked = (...entries: readonly (readonly [string, string, string])[]) =>
  JSON.stringify(entries.map(([image, question, answer]) => ({ image, question, answer })));

describe('daquar', () => {
  it('reads questions.json with pictures beside it', async () => {
    const folder = await datasetFolder({
      'questions.json': asked(
        ['image7.jpg', 'What is below the desk in the image7 ?', 'waste_bin, cable '],
        ['image12.jpg', 'how many lamps are there in image12 ?', '2'],
        ['image7.jpg', 'what colour is in the left half of the image7 ??', 'red'],
      ),
      'image7.jpg': '',
      'image12.jpg': '',
      'image99.jpg': '',
    });
    const set = await readDataset('daquar', folder);
    expect(set.images.map(({ id, name }) => [id, name])).toEqual([
      [1, 'image12.jpg'],
      [2, 'image7.jpg'],
    ]);
    expect(set.questions).toEqual([
      { imageId: 2, text: 'what is below the desk?', answers: ['waste_bin, cable'] },
      { imageId: 1, text: 'how many lamps are there?', answers: ['2'] },
      { imageId: 2, text: 'what colour is in the left half of the image7?', answers: ['red'] },
    ]);
    expect(set).toMatchObject({ format: 'daquar', has: { questions: true, captions: false } });
  });

  it('reads DAQUAR’s own files', async () => {
    const folder = await datasetFolder({
      'qa.37.raw.train.txt': 'what is there in the image1 ?\nbed\n',
      'qa.37.raw.test.txt': 'what is on the wall in the image2 ?\r\nclock, picture\r\n\r\n',
      'nyu_depth_images/image1.png': '',
      'nyu_depth_images/image2.png': '',
    });
    const test = await readDataset('daquar', folder);
    expect(test).toMatchObject({ split: 'test', images: [{ name: 'image2.png' }] });
    expect(test.questions).toEqual([
      { imageId: 1, text: 'what is on the wall?', answers: ['clock, picture'] },
    ]);
    const train = await readDataset('daquar', folder, { split: 'train' });
    expect(train.questions).toEqual([{ imageId: 1, text: 'what is there?', answers: ['bed'] }]);
    expect(train.sha256).not.toBe(test.sha256);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a folder without questions', { 'a.jpg': '' }, /has no questions/],
    ['no list', { 'questions.json': '{}' }, /must be a list/],
    ['an empty list', { 'questions.json': '[]' }, /has no questions/],
    ['an entry that is none', { 'questions.json': '[\n1]' }, /questions\.json:2.*must be an object/],
    [
      'a picture that is not there',
      { 'questions.json': `[\n${asked(['image1.jpg', 'what?', 'x']).slice(1)}` },
      /questions\.json:2.*image1\.jpg is no picture/,
    ],
    [
      'a path out of the folder',
      { 'questions.json': asked(['../a.jpg', 'what?', 'x']) },
      /does not stay inside/,
    ],
    [
      'a question without words',
      { 'questions.json': asked(['a.jpg', ' in the image3 ?', 'x']), 'a.jpg': '' },
      /must be a question/,
    ],
    [
      'an answer that is none',
      { 'questions.json': asked(['a.jpg', 'what?', ' , ']), 'a.jpg': '' },
      /must be an answer/,
    ],
    [
      'an answer that is missing',
      { 'questions.json': '[{"image": "a.jpg", "question": "what?"}]' },
      /answer is missing/,
    ],
    [
      'a line that names no picture',
      { 'qa.test.txt': 'what is it ?\nbed' },
      /qa\.test\.txt:1: must end by naming/,
    ],
    [
      'a question without a line below',
      { 'qa.test.txt': 'what in the image1 ?', 'image1.png': '' },
      /qa\.test\.txt:2: must be an answer/,
    ],
  ])('refuses %s', async (_what, files, message) => {
    const folder = await datasetFolder(files);
    await expect(readDataset('daquar', folder)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: expect.stringMatching(message) as string,
    });
  });
});
