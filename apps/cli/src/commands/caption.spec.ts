import { VisionError, type RunEnvelope, type TaskInfo } from '@fovea/contracts';
import { captionIn, openXmp, readPacket, withCaption } from '@fovea/xmp';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendRun } from '../backend.ts';
import type { Installation } from '../cli.ts';
import { fovea } from '../program.ts';
import { Terminal } from '../terminal.ts';

const task: TaskInfo = {
  task: 'caption',
  title: 'Captions',
  description: 'Says what a picture shows.',
  app: 'language',
  kind: 'text',
  inputs: [{ name: 'image', media: 'image', min: 1, max: 1 }],
  models: [{ role: 'primary', default: 'captioner', choices: ['captioner'] }],
  params: {
    type: 'object',
    properties: {
      beams: { type: 'integer', minimum: 1, default: 3 },
      attention: { type: 'boolean', default: false },
    },
  },
  result: {},
};

/** A JPEG as far as its segments go; what is coded says which picture it is. */
const jpeg = (coded: string): Buffer =>
  Buffer.from(`\xff\xd8\xff\xda\0\x08\x01\x01\0\0\x3f\0${coded}\xff\xd9`, 'latin1');
const gif = Buffer.from('GIF89a a gif');

let cwd = '';
let runs: BackendRun[] = [];
let records: (boolean | undefined)[] = [];
let controller: AbortController;
let answer: (coded: string) => string;

const envelopeOf = (text: string): RunEnvelope =>
  ({
    run: { id: '01a20999-0a4d-7128-8115-cdbd6e5aa568', models: [{ role: 'primary', id: 'captioner' }] },
    result: { kind: 'text', text, score: 0.5, status: 'answered' },
    links: {},
  }) as unknown as RunEnvelope;

const installation = {
  version: '1',
  connect: ({ record }: { record?: boolean }) => {
    records.push(record);
    return Promise.resolve({
      where: 'here',
      tasks: () => Promise.resolve([task]),
      run: (request: BackendRun) => {
        runs.push(request);
        const bytes = Buffer.from(request.inputs['image']?.[0]?.bytes ?? []);
        return Promise.resolve().then(() => envelopeOf(answer(bytes.toString('latin1'))));
      },
      close: () => Promise.resolve(),
    });
  },
} as unknown as Installation;

async function call(
  args: string[],
  stdin: Uint8Array = Buffer.alloc(0),
): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') =>
    new PassThrough().on('data', (chunk: Buffer) => (text[name] += chunk.toString()));
  const streams = { stdin: Readable.from([stdin]), stdout: stream('out'), stderr: stream('err') };
  const terminal = new Terminal(streams);
  const code = await fovea({ terminal, cwd, signal: controller.signal, installation }, ['caption', ...args]);
  return { code, ...text };
}

const path = (...parts: string[]): string => join(cwd, ...parts);
const bytesOf = (...parts: string[]): Buffer => readFileSync(path(...parts));
const packetIn = (bytes: Uint8Array): string => readPacket(openXmp(bytes)?.packet ?? Buffer.alloc(0));
const captioned = (bytes: Uint8Array, text: string): Buffer =>
  Buffer.from(openXmp(bytes)?.put(withCaption(undefined, { text, model: 'captioner' })) ?? []);
/** With a description that no mark says is ours. */
const byPerson = (bytes: Uint8Array, text: string): Buffer =>
  Buffer.from(
    openXmp(bytes)?.put(
      withCaption(undefined, { text, model: 'm' }).replaceAll(/<fovea:.*<\/fovea:\w+>/g, ''),
    ) ?? [],
  );

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fovea-caption-'));
  runs = [];
  records = [];
  controller = new AbortController();
  answer = (coded) => (coded.includes('dog') ? 'a dog runs' : 'a cat sleeps');
  mkdirSync(path('album', 'deep'), { recursive: true });
  writeFileSync(path('album', 'dog.jpg'), jpeg('dog'));
  writeFileSync(path('album', 'deep', 'cat.jpg'), jpeg('cat'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

describe('fovea caption', () => {
  it('prints a line for each picture, in their order, and writes nothing', async () => {
    const before = bytesOf('album', 'dog.jpg');
    expect(await call(['album', '--beams', '5', '--no-record', '--model', 'mine'])).toEqual({
      code: 0,
      out: 'album/deep/cat.jpg\ta cat sleeps\nalbum/dog.jpg\ta dog runs\n',
      err: '',
    });
    expect(runs[0]).toMatchObject({ params: { beams: 5 }, model: 'mine' });
    expect(records).toEqual([false]);
    expect(bytesOf('album', 'dog.jpg')).toEqual(before);
  });

  it('prints JSON, one line each for several; a failure takes its line', async () => {
    const one = await call(['album/dog.jpg', '--json']);
    expect(JSON.parse(one.out)).toEqual({
      source: 'album/dog.jpg',
      caption: 'a dog runs',
      score: 0.5,
      model: 'captioner',
    });
    const { code, out, err } = await call(['album/dog.jpg', 'none.jpg', '--json']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ caption: 'a dog runs' }, { source: 'none.jpg', detail: 'no such file' }]);
    expect(code).toBe(1);
    expect(err).toBe('none.jpg: no such file\n1 failed\n');
  });

  it('shows its parameters, and not those that add what it does not print', async () => {
    const { code, out } = await call(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('--beams <integer>');
    expect(out).toContain('--write-xmp');
    expect(out).not.toContain('--attention');
    expect((await call(['--attention', 'album'])).code).toBe(2);
    expect((await call([])).code).toBe(2);
  });

  it('ends at a fault of the server', async () => {
    answer = () => {
      throw new VisionError('MODEL_MISSING', 'captioner is not there');
    };
    const { code, err } = await call(['album', '--write-xmp']);
    expect(code).toBe(1);
    expect(err).toContain('captioner is not there');
  });
});

describe('fovea caption --write-xmp', () => {
  it('writes into the pictures, and nothing but the caption changes', async () => {
    const { code, out, err } = await call(['album', '--write-xmp']);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: 'album/deep/cat.jpg\ta cat sleeps\nalbum/dog.jpg\ta dog runs\n',
      err: '2 written\n',
    });
    expect(bytesOf('album', 'dog.jpg')).toEqual(captioned(jpeg('dog'), 'a dog runs'));
    expect(captionIn(packetIn(bytesOf('album', 'deep', 'cat.jpg')))).toMatchObject({
      by: 'fovea',
      text: 'a cat sleeps',
      mark: { model: 'captioner' },
    });
  });

  it('touches nothing the second time, and replaces a caption of its own', async () => {
    await call(['album', '--write-xmp']);
    const { mtimeMs, ino } = statSync(path('album', 'dog.jpg'));
    answer = (coded) => (coded.includes('dog') ? 'a dog runs' : 'a cat wakes');
    expect((await call(['album', '--write-xmp'])).err).toBe('1 written, 1 unchanged\n');
    expect(statSync(path('album', 'dog.jpg'))).toMatchObject({ mtimeMs, ino });
    expect(captionIn(packetIn(bytesOf('album', 'deep', 'cat.jpg'))).text).toBe('a cat wakes');
  });

  it('keeps what a person wrote, without asking the model, unless it is forced', async () => {
    writeFileSync(path('album', 'dog.jpg'), byPerson(jpeg('dog'), 'Rex in\nthe\tgarden'));
    const before = bytesOf('album', 'dog.jpg');
    expect(await call(['album/dog.jpg', '--write-xmp'])).toEqual({
      code: 0,
      out: 'album/dog.jpg\tRex in the garden\n',
      err: '1 kept (kept: people wrote these captions; --force replaces them)\n',
    });
    expect(runs).toEqual([]);
    expect(bytesOf('album', 'dog.jpg')).toEqual(before);
    const kept = await call(['album/dog.jpg', '--write-xmp', '--json']);
    expect(JSON.parse(kept.out)).toEqual({
      source: 'album/dog.jpg',
      caption: 'Rex in the garden',
      state: 'kept',
    });
    expect((await call(['album/dog.jpg', '--write-xmp', '--force'])).err).toBe('1 written\n');
    expect(captionIn(packetIn(bytesOf('album', 'dog.jpg')))).toMatchObject({
      by: 'fovea',
      text: 'a dog runs',
    });
  });

  it('writes beside formats that hold no XMP, and beside all with --sidecar', async () => {
    writeFileSync(path('album', 'moving.gif'), gif);
    await call(['album/moving.gif', '--write-xmp']);
    expect(captionIn(bytesOf('album', 'moving.gif.xmp').toString()).text).toBe('a cat sleeps');
    expect(bytesOf('album', 'moving.gif')).toEqual(gif);

    const { out } = await call(['album/dog.jpg', '--write-xmp', '--sidecar', '--json']);
    expect(JSON.parse(out)).toMatchObject({ state: 'written', file: path('album', 'dog.jpg.xmp') });
    expect(bytesOf('album', 'dog.jpg')).toEqual(jpeg('dog'));
    expect((await call(['album/dog.jpg', '--write-xmp', '--sidecar'])).err).toBe('1 unchanged\n');

    // The sidecar that is there now goes along, or programs that prefer it would show the caption of before.
    answer = () => 'a dog rests';
    await call(['album/dog.jpg', '--write-xmp']);
    expect(captionIn(packetIn(bytesOf('album', 'dog.jpg'))).text).toBe('a dog rests');
    expect(captionIn(bytesOf('album', 'dog.jpg.xmp').toString()).text).toBe('a dog rests');
  });

  it('keeps what a person wrote in a sidecar', async () => {
    const sidecar = withCaption(undefined, { text: 'Rex', model: 'm' }).replaceAll(
      /<fovea:.*<\/fovea:\w+>/g,
      '',
    );
    writeFileSync(path('album', 'dog.jpg.xmp'), sidecar);
    expect((await call(['album/dog.jpg', '--write-xmp'])).out).toBe('album/dog.jpg\tRex\n');
    expect(bytesOf('album', 'dog.jpg.xmp').toString()).toBe(sidecar);
  });

  it('with --out writes copies where the pictures lay in the folder', async () => {
    writeFileSync(path('album', 'moving.gif'), gif);
    const { err } = await call(['album', '--write-xmp', '--out', 'copies']);
    expect(err).toBe('3 written\n');
    expect(bytesOf('copies', 'deep', 'cat.jpg')).toEqual(captioned(jpeg('cat'), 'a cat sleeps'));
    expect(bytesOf('copies', 'moving.gif')).toEqual(gif);
    expect(existsSync(path('copies', 'moving.gif.xmp'))).toBe(true);
    expect(bytesOf('album', 'dog.jpg')).toEqual(jpeg('dog'));
    expect((await call(['album', '--write-xmp', '--out', 'copies'])).err).toBe('3 unchanged\n');

    writeFileSync(path('copies', 'dog.jpg'), byPerson(jpeg('dog'), 'Rex'));
    const again = await call(['album/**/*.jpg', '--write-xmp', '--out', 'copies']);
    expect(again.out).toContain('album/dog.jpg\tRex\n');
    expect(again.err).toContain('1 unchanged, 1 kept');
  });

  it('replaces no other file in --out, unless it is forced', async () => {
    mkdirSync(path('copies'));
    writeFileSync(path('copies', 'dog.jpg'), jpeg('another'));
    const { code, err } = await call(['album/dog.jpg', '--write-xmp', '--out', 'copies']);
    expect(code).toBe(1);
    expect(err).toContain('exists and is another file');
    expect(bytesOf('copies', 'dog.jpg')).toEqual(jpeg('another'));
    await call(['album/dog.jpg', '--write-xmp', '--out', 'copies', '--force']);
    expect(captionIn(packetIn(bytesOf('copies', 'dog.jpg'))).text).toBe('a dog runs');
    expect((await call(['album/dog.jpg', '--write-xmp', '--out', 'album'])).err).toContain('--out itself');
  });

  it('needs a folder for what is no file, and one name for each', async () => {
    const alone = await call(['-', '--write-xmp'], jpeg('dog'));
    expect(alone.code).toBe(2);
    expect(alone.err).toContain('--out <folder>');
    expect((await call(['-', '--write-xmp', '--out', 'copies'], jpeg('dog'))).code).toBe(0);
    expect(bytesOf('copies', 'stdin.jpg')).toEqual(captioned(jpeg('dog'), 'a dog runs'));

    writeFileSync(path('Dog.JPG'), jpeg('cat'));
    const twins = await call(['album/dog.jpg', 'Dog.JPG', '--write-xmp', '--out', 'copies']);
    expect(twins.code).toBe(2);
    expect(twins.err).toContain('both be written');
  });

  it('writes a file once, by whatever names it was given; links stay links', async () => {
    symlinkSync('dog.jpg', path('album', 'link.jpg'));
    chmodSync(path('album', 'dog.jpg'), 0o640);
    const { out } = await call(['album/link.jpg', 'album', './album/dog.jpg', '--write-xmp']);
    expect(out).toBe('album/link.jpg\ta dog runs\nalbum/deep/cat.jpg\ta cat sleeps\n');
    expect(lstatSync(path('album', 'link.jpg')).isSymbolicLink()).toBe(true);
    expect(statSync(path('album', 'dog.jpg')).mode & 0o777).toBe(0o640);
    expect(bytesOf('album', 'dog.jpg')).toEqual(captioned(jpeg('dog'), 'a dog runs'));
  });

  it('leaves read-only, damaged and meanwhile changed files as they are; the others go on', async () => {
    chmodSync(path('album', 'dog.jpg'), 0o444);
    writeFileSync(path('album', 'cut.jpg'), jpeg('cut').subarray(0, 8));
    writeFileSync(path('album', 'race.jpg'), jpeg('race'));
    answer = (coded) => {
      if (coded.includes('race')) writeFileSync(path('album', 'race.jpg'), jpeg('another race'));
      return 'a cat sleeps';
    };
    const { code, out, err } = await call(['album', '--write-xmp']);
    expect(code).toBe(1);
    expect(out).toBe('album/deep/cat.jpg\ta cat sleeps\n');
    expect(err).toContain('album/dog.jpg: it is read-only\n');
    expect(err).toContain('album/cut.jpg: ');
    expect(err).toContain('album/race.jpg: it was changed meanwhile\n');
    expect(err).toContain('1 written, 3 failed\n');
    expect(bytesOf('album', 'dog.jpg')).toEqual(jpeg('dog'));
    expect(bytesOf('album', 'race.jpg')).toEqual(jpeg('another race'));
    expect(readdirSync(path('album')).filter((name) => name.startsWith('.fovea'))).toEqual([]);
  });

  it('writes nothing more once it is interrupted', async () => {
    answer = () => {
      controller.abort();
      return 'a dog runs';
    };
    expect((await call(['album', '--write-xmp'])).code).toBe(130);
    expect(bytesOf('album', 'dog.jpg')).toEqual(jpeg('dog'));
    expect(bytesOf('album', 'deep', 'cat.jpg')).toEqual(jpeg('cat'));
  });

  it('says that options of writing need --write-xmp', async () => {
    for (const option of [['--out', 'copies'], ['--sidecar'], ['--force']])
      expect(await call(['album', ...option])).toMatchObject({
        code: 2,
        err: expect.stringContaining(`${option[0]} goes with --write-xmp`) as string,
      });
    expect(runs).toEqual([]);
  });
});
