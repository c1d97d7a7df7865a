import { describe, expect, it } from 'vitest';
import { colourClassMap } from './class-map.ts';
import { sharp } from './native.ts';

/** A grey PNG of these ids. */
const mapOf = (ids: readonly number[], width: number, height: number) =>
  sharp(Uint8Array.from(ids), { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
const pixels = async (png: Uint8Array) => {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(4);
  return Array.from({ length: info.width * info.height }, (_, at) => [...data.subarray(at * 4, at * 4 + 4)]);
};
type Rgba = readonly [number, number, number, number];
const RED: Rgba = [230, 20, 10, 140];
const BLUE: Rgba = [1, 2, 250, 255];

describe('colourClassMap', () => {
  it('paints each id in its colour, exactly, and what has none not at all', async () => {
    const map = await mapOf([0, 1, 20, 255], 2, 2);
    const { bytes, mime } = await colourClassMap(map, {
      colours: new Map([
        [1, RED],
        [255, BLUE],
      ]),
    });
    expect(mime).toBe('image/png');
    expect(await pixels(bytes)).toEqual([[0, 0, 0, 0], [...RED], [0, 0, 0, 0], [...BLUE]]);
  });
  it('shrinks a large map without making up classes between two others', async () => {
    const ids = Array.from({ length: 64 }, (_, at) => (at % 8 < 4 ? 10 : 30));
    const drawn = await colourClassMap(await mapOf(ids, 8, 8), {
      colours: new Map([
        [10, RED],
        [20, BLUE],
        [30, RED],
      ]),
      maxSide: 4,
    });
    expect([drawn.width, drawn.height]).toEqual([4, 4]);
    expect(new Set((await pixels(drawn.bytes)).map(String))).toEqual(new Set([String(RED)]));
  });
  it.each([
    [1, 1],
    [1, 300],
    [300, 1],
  ])('keeps a strip of %i x %i', async (width, height) => {
    const map = await mapOf(new Array<number>(width * height).fill(7), width, height);
    const drawn = await colourClassMap(map, { colours: new Map([[7, BLUE]]) });
    expect([drawn.width, drawn.height]).toEqual([width, height]);
  });
  it('stops when it is cancelled', async () => {
    const signal = AbortSignal.abort();
    await expect(
      colourClassMap(await mapOf([1], 1, 1), { colours: new Map(), signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
