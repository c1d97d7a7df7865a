import type { RunEnvelope } from '@fovea/contracts';
import { decodeImage, encodeImage } from '@fovea/imaging';
import { describe, expect, it } from 'vitest';
import { drawOverlay } from './overlay.ts';

const envelope = (width: number, height: number) =>
  ({
    run: { id: 'r' },
    inputs: { image: { sha256: 'a', mime: 'image/png', bytes: 1, width, height } },
    result: { kind: 'labels', labels: [{ label: 'tabby', classId: 281, score: 0.9 }] },
  }) as unknown as RunEnvelope;
const picture = async (width: number, height: number) =>
  (await encodeImage({ rgb: new Uint8Array(width * height * 3).fill(90), width, height }, { format: 'png' }))
    .bytes;
const sizeOf = async (width: number, height: number) => {
  const drawn = await decodeImage(
    await drawOverlay(envelope(width, height), 'png', { picture: await picture(width, height) }),
  );
  return [drawn.width, drawn.height];
};

describe('drawOverlay', () => {
  it('keeps the size of a picture that is large enough', async () =>
    expect(await sizeOf(640, 480)).toEqual([640, 480]));
  it.each([
    [16, 16, [320, 320]],
    [100, 200, [320, 640]],
    [1, 2000, [2, 4096]],
    [2000, 100, [4096, 205]],
  ])('enlarges %i x %i, so that the labels can be read', async (width, height, size) =>
    expect(await sizeOf(width, height)).toEqual(size),
  );
  it('draws the SVG in pixels of the picture', async () => {
    const svg = new TextDecoder().decode(await drawOverlay(envelope(16, 16), 'svg'));
    expect(svg).toContain('viewBox="0 0 16 16"');
    expect(svg).toContain('tabby');
  });
  describe('of a class map', () => {
    const masks = {
      ...envelope(400, 400),
      result: {
        kind: 'masks',
        classes: [
          { classId: 0, label: 'background', fraction: 0.5 },
          { classId: 7, label: 'car', fraction: 0.5 },
        ],
        map: { blob: 'b' },
      },
    } as unknown as RunEnvelope;
    // The upper half is a car; grey PNGs come from grey pictures.
    const rgb = new Uint8Array(400 * 400 * 3).fill(7, 0, 400 * 200 * 3);
    const map = async () => (await encodeImage({ rgb, width: 400, height: 400 }, { format: 'png' })).bytes;
    const pixel = (image: { rgb: Uint8Array }, x: number, y: number) => [
      ...image.rgb.subarray((y * 400 + x) * 3, (y * 400 + x) * 3 + 3),
    ];

    it('paints its classes over the picture, below the legend, and leaves the background', async () => {
      const bytes = await drawOverlay(masks, 'png', { picture: await picture(400, 400), map: await map() });
      const drawn = await decodeImage(bytes);
      expect(pixel(drawn, 200, 20)).not.toEqual([90, 90, 90]);
      expect(pixel(drawn, 380, 210)).toEqual([90, 90, 90]);
    });
    it('is embedded in the SVG, which names the classes', async () => {
      const svg = new TextDecoder().decode(await drawOverlay(masks, 'svg', { map: await map() }));
      expect(svg).toMatch(/<image [^>]*href="data:image\/png;base64,/);
      expect(svg).toContain('>car<');
      expect(svg).not.toContain('background');
    });
    it('is left out where it was not kept', async () => {
      const svg = new TextDecoder().decode(await drawOverlay(masks, 'svg'));
      expect(svg).not.toContain('<image');
      expect(svg).toContain('>car<');
    });
  });
  it('says so where a run has no picture', () =>
    expect(drawOverlay({ ...envelope(1, 1), inputs: {} }, 'svg')).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ));
});
