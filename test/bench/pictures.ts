import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const SAMPLES = join(import.meta.dirname, '..', 'fixtures', 'samples');

/** `count` different 640 x 480 JPEGs (quality 85) made from the sample pictures. */
export async function benchPictures(count: number): Promise<Buffer[]> {
  const names = (await readdir(SAMPLES)).filter((name) => name.endsWith('.jpg')).sort();
  const files = await Promise.all(names.map((name) => readFile(join(SAMPLES, name))));
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      sharp(files[index % files.length])
        .resize(640, 480, { fit: 'cover' })
        .modulate({ brightness: 0.8 + (0.4 * index) / count })
        .jpeg({ quality: 85 })
        .toBuffer(),
    ),
  );
}

/** The same picture under a hash that was never seen: what follows the end of a JPEG is ignored by decoders. */
export function unseen(picture: Buffer, n: number): Buffer {
  const tail = Buffer.alloc(16);
  tail.writeDoubleBE(performance.timeOrigin + performance.now());
  tail.writeDoubleBE(n + Math.random(), 8);
  return Buffer.concat([picture, tail]);
}
