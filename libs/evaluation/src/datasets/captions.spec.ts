import { describe, expect, it } from 'vitest';
import { datasetFolder } from '../../test/dataset-folder.ts';
import { readDataset } from '../read-dataset.ts';

const texts = async (files: Record<string, string>) => {
  const set = await readDataset('captions', await datasetFolder(files));
  const names = new Map(set.images.map(({ id, name }) => [id, name]));
  return (set.captions ?? []).map(({ imageId, text }) => `${names.get(imageId)}: ${text}`);
};

describe('captions', () => {
  it('reads captions.json with pictures in images/', async () => {
    const folder = await datasetFolder({
      'captions.json': JSON.stringify({ 'b.jpg': ['two'], 'a.jpg': ['one ', 'another'] }),
      'images/a.jpg': '',
      'images/b.jpg': '',
      'images/not-captioned.jpg': '',
    });
    const set = await readDataset('captions', folder);
    expect(set.images.map(({ id, name }) => [id, name])).toEqual([
      [1, 'a.jpg'],
      [2, 'b.jpg'],
    ]);
    expect(set.captions).toEqual([
      { imageId: 2, text: 'two' },
      { imageId: 1, text: 'one' },
      { imageId: 1, text: 'another' },
    ]);
    expect(set).toMatchObject({ format: 'captions', has: { captions: true, labels: false } });
  });

  it('reads Flickr8k’s own file', async () =>
    expect(
      await texts({
        'Flickr8k.token.txt': 'a.jpg#0\tA dog , running .\na.jpg#1\tA brown dog\n',
        'Flicker8k_Dataset/a.jpg': '',
      }),
    ).toEqual(['a.jpg: A dog , running .', 'a.jpg: A brown dog']));

  it('reads image,caption with quotes, pictures beside it', async () =>
    expect(
      await texts({ 'captions.txt': 'image,caption\r\na.jpg,"He said ""go"", then left"\r\n', 'a.jpg': '' }),
    ).toEqual(['a.jpg: He said "go", then left']));

  it.each<[string, Record<string, string>, RegExp]>([
    ['no captions file', { 'a.jpg': '' }, /has no captions/],
    ['a picture that is not there', { 'captions.json': '{\n"a.jpg": ["x"]}' }, /captions\.json:2.*a\.jpg/],
    ['a caption that is none', { 'captions.json': '{"a.jpg": [1]}', 'a.jpg': '' }, /must be a caption/],
    ['a list', { 'captions.json': '["a.jpg"]', 'a.jpg': '' }, /must be an object/],
    ['a line that is none', { 'captions.txt': 'image,caption\nnothing\n' }, /captions\.txt:2/],
    ['an empty file', { 'captions.txt': '' }, /has no captions/],
  ])('refuses %s', async (_what, files, message) => {
    const folder = await datasetFolder(files);
    await expect(readDataset('captions', folder)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: expect.stringMatching(message) as string,
    });
  });
});
