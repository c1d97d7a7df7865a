import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** Writes files into a temporary folder that goes when the test ends. */
export async function datasetFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-dataset-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

const chunk = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  // The check sum is not looked at by what is tested here.
  return Buffer.concat([head, Buffer.from(type, 'latin1'), body, Buffer.alloc(4)]);
};

/** A PNG of palette indices; every row begins with its filter's number. */
export function indexedPng(width: number, height: number, rows: readonly (readonly number[])[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The beginning of a JPEG: EXIF with an orientation, then the frame with the size. */
export function jpegHead(width: number, height: number, orientation: number): Buffer {
  const exif = Buffer.from(
    [
      'ffd8 ffe1 0022 457869660000 4d4d 002a 00000008 0001 0112 0003 00000001',
      orientation.toString(16).padStart(4, '0'),
      '0000 00000000 ffc0 0011 08',
      height.toString(16).padStart(4, '0'),
      width.toString(16).padStart(4, '0'),
      '03 012200 021101 031101 ffd9',
    ]
      .join('')
      .replaceAll(' ', ''),
    'hex',
  );
  return Buffer.concat([exif, Buffer.alloc(64)]);
}
