import { decodeImage } from '@fovea/imaging';
import { describe, expect, it } from 'vitest';
import { isPictureFault, pictureBytes } from './pictures.ts';

describe('pictureBytes', () => {
  it.each([
    [1, [7, 200], [7, 7, 7, 200, 200, 200]],
    [3, [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]],
  ] as const)('writes pixels of %i channels as a picture', async (channels, data, rgb) => {
    const pixels = { data: Uint8Array.from(data), width: 2, height: 1, channels };
    const bytes = await pictureBytes({ id: 0, name: 'test/0', source: { pixels } }, []);
    const image = await decodeImage(bytes);
    expect([image.width, image.height, ...image.rgb]).toEqual([2, 1, ...rgb]);
  });

  it('blames one picture for a file that is not there or lies outside', async () => {
    const image = { id: 0, name: 'gone.jpg', source: { file: '/nowhere/gone.jpg' } };
    for (const roots of [undefined, ['/tmp']]) {
      const error: unknown = await pictureBytes(image, roots).catch((caught: unknown) => caught);
      expect(isPictureFault(error)).toBe(true);
    }
  });
});
