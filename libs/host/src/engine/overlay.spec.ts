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
    await drawOverlay(envelope(width, height), 'png', await picture(width, height)),
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
  it('says so where a run has no picture', () =>
    expect(drawOverlay({ ...envelope(1, 1), inputs: {} }, 'svg')).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ));
});
