import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openArchive } from './archive.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const zip = zipSync({ 'a/one.jpg': bytes('one'.repeat(100)), 'two 写.jpg': [bytes('two'), { level: 0 }] });

describe('openArchive', () => {
  it('lists files by name and unpacks them', async () => {
    const files = await openArchive(zip);
    expect(files.map(({ name }) => name)).toEqual(['a/one.jpg', 'two 写.jpg']);
    const contents = await Promise.all(
      files.map(async (file) => new TextDecoder().decode(await file.read())),
    );
    expect(contents).toEqual(['one'.repeat(100), 'two']);
  });

  it('keeps a name that leads upwards as a mere name', async () => {
    const [file] = await openArchive(zipSync({ '../../etc/passwd': bytes('x') }));
    expect(file?.name).toBe('../../etc/passwd');
  });

  it('is empty where the archive is', async () => expect(await openArchive(zipSync({}))).toEqual([]));

  it.each([
    ['no ZIP', bytes('%PDF-1.4'), 'UNSUPPORTED_MEDIA'],
    ['nothing', new Uint8Array(), 'UNSUPPORTED_MEDIA'],
    ['a ZIP that is cut short', zip.subarray(0, zip.length - 30), 'MEDIA_CORRUPT'],
  ])('refuses %s', async (_what, archive, code) =>
    expect(openArchive(archive)).rejects.toMatchObject({ code }),
  );

  it('notices a file that was damaged', async () => {
    const damaged = Uint8Array.from(zip);
    // The bytes of the file that is stored as it is: after its name, which comes first.
    const at = Buffer.from(zip).indexOf('.jpgtwo') + '.jpg'.length;
    damaged[at] = 0x58;
    const files = await openArchive(damaged);
    const read = await Promise.allSettled(files.map((file) => file.read()));
    expect(read.some(({ status }) => status === 'rejected')).toBe(true);
  });
});
