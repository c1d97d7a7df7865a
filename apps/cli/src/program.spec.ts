import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import {
  VisionError,
  type Evaluation,
  type ModelInfo,
  type NewEvaluation,
  type RunEnvelope,
  type TaskInfo,
} from '@fovea/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, BackendOptions, BackendRun } from './backend.ts';
import type { Installation } from './cli.ts';
import { fovea } from './program.ts';
import { Terminal } from './terminal.ts';

const classification: TaskInfo = {
  task: 'classification',
  title: 'Classification',
  description: 'Names what a picture shows.',
  app: 'classification',
  kind: 'labels',
  inputs: [{ name: 'image', media: 'image', min: 1, max: 1 }],
  models: [{ role: 'primary', default: 'lite2', choices: ['lite2', 'lite0'] }],
  params: {
    type: 'object',
    properties: { topK: { type: 'integer', minimum: 1, default: 5 }, labels: { type: 'array' } },
  },
  result: {},
};
const stylize: TaskInfo = {
  ...classification,
  task: 'stylize',
  inputs: [
    { name: 'image', media: 'image', min: 1, max: 1 },
    { name: 'style', media: 'image', min: 1, max: 1 },
  ],
};
const generate: TaskInfo = { ...classification, task: 'generate', inputs: [] };
const envelope = (label: string): RunEnvelope => ({
  run: {
    id: '01a20999-0a4d-7128-8115-cdbd6e5aa568',
    task: 'classification',
    models: [{ role: 'primary', id: 'lite2', revision: 1, sha256: 'a'.repeat(64) }],
    params: { topK: 5 },
    device: 'cpu',
    batchSize: 1,
    createdAt: '2026-03-01T08:30:00.000Z',
    codeVersion: '0.1.0',
    timings: { decodeMs: 1, queueMs: 0, inferenceMs: 8, postprocessMs: 1, totalMs: 12 },
    stages: [],
  },
  inputs: { image: { sha256: 'b'.repeat(64), mime: 'image/jpeg', bytes: 3, width: 40, height: 30 } },
  result: { kind: 'labels', labels: [{ label, classId: 1, score: 0.5 }] },
  links: {},
});

let cwd = '';
let runs: BackendRun[] = [];
let connected: BackendOptions[] = [];
let closed = 0;
let added: unknown[] = [];
let evaluated: NewEvaluation[] = [];
let controller: AbortController;
/** What a run answers, by the text of its picture. */
let answer: (text: string, request: BackendRun) => Promise<RunEnvelope>;

const evaluation: Evaluation = {
  id: '01a20999-0a4d-7128-8115-cdbd6e5aa569',
  task: 'classification',
  createdAt: '2026-03-01T08:30:00.000Z',
  codeVersion: '0.1.0',
  device: 'cpu',
  models: [{ role: 'primary', id: 'lite2', revision: 1, sha256: 'a'.repeat(64) }],
  params: { topK: 5 },
  dataset: {
    format: 'imagenet',
    name: 'ten',
    folder: '/data/ten',
    sha256: 'd'.repeat(64),
    split: null,
    subset: 'first 2',
    images: 2,
    truths: 2,
  },
  metric: 'top-k',
  figures: [
    { name: 'top-1', value: 0.5, description: 'the best answer is right' },
    { name: 'ECE', value: null },
  ],
  durationMs: 80,
  imagesPerSecond: 25,
  links: { self: '/v1/evaluations/01a20999-0a4d-7128-8115-cdbd6e5aa569' },
  report: {
    perClass: [],
    curves: [],
    confusion: null,
    calibration: null,
    worst: [],
    failures: [{ name: 'b.jpg', code: 'IMAGE_CORRUPT', detail: 'b.jpg is cut short' }],
  },
};

const notHere = () => Promise.reject(new Error('not part of this test'));
const backend: Backend = {
  where: 'here',
  tasks: () => Promise.resolve([classification, stylize, generate]),
  run: (request) => {
    runs.push(request);
    return answer(Buffer.from(request.inputs['image']?.[0]?.bytes ?? []).toString(), request);
  },
  blob: () => Promise.resolve(undefined),
  models: {
    list: () =>
      Promise.resolve({
        items: [
          {
            id: 'lite2',
            state: 'missing',
            bytes: 12_265_481,
            licenceId: 'Apache-2.0',
            metrics: [],
            task: 't',
          } as unknown as ModelInfo,
        ],
        nextCursor: null,
        device: { id: 'cpu', name: 'CPU', reason: 'there is no other', probes: [] },
      }),
    pull: (_id, { onProgress }) => {
      onProgress({ doneBytes: 10, totalBytes: 10 });
      return Promise.resolve();
    },
    load: notHere,
    unload: notHere,
  },
  runs: {
    list: (filter) => {
      const page = Array.from({ length: filter.limit ?? 0 }, () => envelope(JSON.stringify(filter)));
      return Promise.resolve({ items: page, nextCursor: 'more' });
    },
    get: () => Promise.resolve(envelope('tabby')),
    delete: (id) =>
      id === 'gone'
        ? Promise.reject(new VisionError('NOT_FOUND', 'there is no run gone'))
        : Promise.resolve(),
    replay: (id) =>
      Promise.resolve({
        original: envelope('a'),
        replay: envelope('b'),
        difference: { same: id === 'same', maxScoreDelta: 0.25, changes: ['a became b'] },
      }),
    overlay: () => Promise.resolve(Buffer.from('overlay')),
    export: notHere,
  },
  jobs: { list: notHere, wait: notHere, cancel: notHere, retry: notHere },
  evaluations: {
    run: (request, { onProgress }) => {
      evaluated.push(request);
      onProgress(2, 2);
      return Promise.resolve(evaluation);
    },
  },
  close: () => {
    closed++;
    return Promise.resolve();
  },
};
const installation: Installation = {
  version: '9.9.9',
  connect: (options) => {
    connected.push(options);
    return Promise.resolve(backend);
  },
  open: notHere,
  doctor: () =>
    Promise.resolve({
      settings: [{ env: 'FOVEA_PORT', value: '3000', source: 'default', about: 'port' }],
      checks: [{ name: 'sharp', ok: false, detail: 'cannot be loaded', fix: 'npm rebuild sharp' }],
    }),
  draw: (_envelope, format, { picture }) => Promise.resolve(Buffer.from(`${format} of ${String(picture)}`)),
  verify: () =>
    Promise.resolve([
      { id: 'lite2', ok: true },
      { id: 'lite0', ok: false, reason: 'another SHA-256' },
    ]),
  addModel: (file, model) => {
    added.push([file, model]);
    return Promise.resolve({
      id: 'mine',
      state: 'available',
      bytes: 1234,
      sha256: 'c'.repeat(64),
    } as ModelInfo);
  },
  start: () => Promise.resolve(),
};

interface Output {
  code: number;
  out: string;
  err: string;
}
async function call(args: string[], { stdin = '', watched = false } = {}): Promise<Output> {
  const written = { out: '', err: '' };
  const into = (name: 'out' | 'err') =>
    new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        written[name] += chunk;
        done();
      },
    });
  const terminal = new Terminal({
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: into('out'),
    stderr: Object.assign(into('err'), { isTTY: watched, columns: 80 }),
  });
  const code = await fovea({ terminal, cwd, signal: controller.signal, installation }, args);
  return { code, ...written };
}

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fovea-cli-'));
  for (const name of ['a.jpg', 'b.jpg', 'bad.jpg', 'z.jpg'])
    writeFileSync(join(cwd, name), name[0] as string);
  writeFileSync(join(cwd, 'bad.jpg'), 'bad');
});
afterAll(() => rmSync(cwd, { recursive: true }));
beforeEach(() => {
  runs = [];
  connected = [];
  closed = 0;
  added = [];
  evaluated = [];
  controller = new AbortController();
  answer = (text) =>
    text === 'bad'
      ? Promise.reject(new VisionError('IMAGE_CORRUPT', 'cut short'))
      : Promise.resolve(envelope(`label ${text}`));
});

describe('fovea run', () => {
  it('shows one result as a table', async () => {
    expect(
      await call(['run', 'classification', 'a.jpg', '--top-k', '3', '--model', 'lite0', '--model', 'crop=x']),
    ).toEqual({
      code: 0,
      out: [
        'a.jpg  40 × 30 image/jpeg',
        '',
        '  label a  50.0 %  ████████████',
        '',
        'lite2 on cpu, 12 ms (inference 8.0 ms), not recorded',
        '',
      ].join('\n'),
      err: '',
    });
    expect(runs[0]).toMatchObject({ params: { topK: 3 }, model: 'lite0', models: { crop: 'x' } });
    expect(closed).toBe(1);
  });

  it('takes options in any order, before the task too', async () => {
    expect((await call(['run', '--json', '--top-k', '3', 'classification', 'a.jpg'])).code).toBe(0);
    expect(runs[0]?.params).toEqual({ topK: 3 });
  });

  it('hands server, key and record on', async () => {
    await call(['run', 'classification', 'a.jpg', '--server', 'host:1', '--api-key', 'k', '--no-record']);
    expect(connected[0]).toEqual({ server: 'http://host:1', apiKey: 'k', record: false });
    await call(['run', 'classification', 'a.jpg', '--record']);
    expect(connected[1]).toEqual({ server: undefined, apiKey: undefined, record: true });
    await call(['run', 'classification', 'a.jpg']);
    expect(connected[2]?.record).toBeUndefined();
  });

  it('prints one envelope as JSON, and a line each for several', async () => {
    const one = await call(['run', 'classification', '-', '--json'], { stdin: 'x' });
    expect(JSON.parse(one.out)).toEqual({ source: '-', ...envelope('label x') });
    const several = await call(['run', 'classification', 'a.jpg', 'b.jpg', '--json']);
    expect(
      several.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { source: 'a.jpg', ...envelope('label a') },
      { source: 'b.jpg', ...envelope('label b') },
    ]);
  });

  it('reports a bad picture, goes on, and fails at the end', async () => {
    const { code, out, err } = await call(['run', 'classification', '.']);
    expect(out).toBe(
      'a.jpg  label a 50.0 %\nb.jpg  label b 50.0 %\nz.jpg  label z 50.0 %\n'.replaceAll(
        /^(\w)\.jpg /gm,
        '$1.jpg   ',
      ),
    );
    expect(err).toBe('bad.jpg: The picture cannot be decoded: cut short\n3 of 4 done, 1 failed\n');
    expect(code).toBe(1);
  });

  it('gives a bad picture its line among the JSON', async () => {
    const { code, out } = await call(['run', 'classification', 'bad.jpg', 'nope.jpg', 'a.jpg', '--json']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { source: string; code?: string; detail?: string });
    expect(lines.map(({ source, code: problem, detail }) => [source, problem, detail])).toEqual([
      ['bad.jpg', 'IMAGE_CORRUPT', 'cut short'],
      ['nope.jpg', undefined, 'no such file'],
      ['a.jpg', undefined, undefined],
    ]);
    expect(code).toBe(1);
  });

  it('says for one picture what to do', async () => {
    expect(await call(['run', 'classification', 'bad.jpg'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^bad\.jpg: The picture cannot be decoded: cut short\n {2}The file is damaged/,
      ) as string,
    });
    expect(await call(['run', 'classification', 'nope.jpg'])).toMatchObject({
      code: 1,
      err: 'nope.jpg: no such file\n',
    });
  });

  it('stops where the fault is not one of the picture', async () => {
    answer = () => Promise.reject(new VisionError('MODEL_MISSING', 'lite2 is not here'));
    const { code, out, err } = await call(['run', 'classification', '.']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^error: .*lite2 is not here\n {2}Run `npm run fovea -- models pull <id>` on the server\.\n$/,
    );
    expect(closed).toBe(1);
  });

  it('counts a parameter that the server refuses as wrong usage', async () => {
    answer = () => Promise.reject(new VisionError('INVALID_PARAMETER', 'labels.0: no such class'));
    expect(await call(['run', 'classification', 'a.jpg'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('`fovea run <task> --help` shows the parameters.') as string,
    });
  });

  it('writes overlays: a file for one, a folder for several', async () => {
    expect((await call(['run', 'classification', 'a.jpg', '--overlay', 'out/one.svg'])).code).toBe(0);
    expect(readFileSync(join(cwd, 'out/one.svg'), 'utf8')).toBe('svg of a');
    expect((await call(['run', 'classification', 'a.jpg', 'b.jpg', '--overlay', 'out/many'])).code).toBe(0);
    expect(readdirSync(join(cwd, 'out/many'))).toEqual(['a.png', 'b.png']);
    expect(readFileSync(join(cwd, 'out/many/b.png'), 'utf8')).toBe('png of b');
    rmSync(join(cwd, 'out'), { recursive: true });
  });

  it('reads further inputs by name, and none where a task has none', async () => {
    expect((await call(['run', 'stylize', 'a.jpg', '--style', 'b.jpg'])).code).toBe(0);
    expect(String(runs[0]?.inputs['style']?.[0]?.bytes)).toBe(String(Buffer.from('b')));
    expect(await call(['run', 'stylize', 'a.jpg'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("required option '--style") as string,
    });
    expect(await call(['run', 'generate', '--top-k', '1'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^generate /) as string,
    });
    expect(runs[1]?.inputs).toEqual({});
  });

  it.each<[string[], RegExp]>([
    [['run'], /which task\?/],
    [['run', '--json'], /which task\?/],
    [
      ['run', 'clasification', 'a.jpg'],
      /there is no task "clasification"\n {2}Tasks of here: classification, stylize, generate\./,
    ],
    [['run', 'classification'], /missing required argument 'input'/],
    [['run', 'classification', 'a.jpg', '--topk', '3'], /Did you mean --top-k\?/],
    [['run', 'classification', 'a.jpg', '--top-k', '0'], /it must lie in \[1, ∞\)/],
    [['run', 'classification', 'a.jpg', '--json', '--table'], /exclude each other/],
    [['run', 'classification', 'a.jpg', 'b.jpg', '--overlay', 'x.png'], /name a folder/],
    [['run', 'classification', '*.gif'], /no file matches \*\.gif/],
    [['run', 'classification', 'a.jpg', '--server', 'ftp://x'], /it must be an address/],
    [['run', 'generate', 'a.jpg'], /too many arguments|takes no input/],
    [['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)/],
    [['runs', 'list', '--min-score', '2'], /it must be a number from 0 to 1/],
    [['runs', 'list', '--since', 'yesterday'], /it must be a time/],
    [['runs', 'list', '--task', 'nope'], /there is no task "nope"/],
    [['models', 'pull'], /Name one or more, or say --all/],
  ])('%j is wrong usage', async (args, message) => {
    const { code, out, err } = await call(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  it('prints help with the parameters of the task', async () => {
    const { code, out } = await call(['run', 'classification', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--top-k <integer>');
    expect(out).toContain('lite2 (default), lite0');
    expect((await call(['run', '--help'])).out).toContain('fovea run <task> --help');
    expect((await call(['--help'])).out).toContain('doctor');
    expect((await call(['--version'])).out).toBe('9.9.9\n');
  });

  it('draws progress where somebody watches, and leaves nothing of it', async () => {
    const { out, err } = await call(['run', 'classification', '.'], { watched: true });
    expect(out.split('\n')).toHaveLength(4);
    const drawn = err.split('\r\u001b[2K').filter((line) => line !== '');
    expect(drawn[0]).toBe(`${'░'.repeat(24)}  0/4  0 %`);
    expect(drawn.at(-1)).toBe('3 of 4 done, 1 failed\n');
    expect(drawn.at(-2)).toContain('4/4  100 %');
  });

  it('ends with 130 when it is interrupted', async () => {
    answer = (_text, { signal }) =>
      new Promise((_resolve, reject) => {
        // Others may come here when it is aborted already.
        if (signal.aborted) reject(signal.reason as Error);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        controller.abort();
      });
    expect(await call(['run', 'classification', '.'])).toMatchObject({ code: 130, out: '', err: '' });
    expect(closed).toBe(1);
  });
});

describe('the other commands', () => {
  it('list tasks and models', async () => {
    expect((await call(['tasks'])).out.split('\n')[1]).toMatch(
      /^classification +image +labels +Names what a picture shows\.$/,
    );
    expect(JSON.parse((await call(['tasks', '--json'])).out)).toMatchObject({
      items: [{ task: 'classification' }, {}, {}],
    });
    expect((await call(['models', 'list'])).out).toContain('lite2  missing  12.3 MB  Apache-2.0');
    expect(await call(['models', 'show', 'nope'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('Models: lite2') as string,
    });
  });

  it('pull what is missing', async () => {
    expect(await call(['models', 'pull', '--all'])).toEqual({
      code: 0,
      out: 'lite2 is here and verified\n',
      err: '',
    });
  });

  it('fail where weights are not as they should be', async () => {
    expect(await call(['models', 'verify'])).toEqual({
      code: 1,
      out: '✓ lite2\n✗ lite0: another SHA-256\n1 of 2 are not as they should be\n',
      err: '',
    });
  });

  it('add a model of the user', async () => {
    const { code, out } = await call([
      'models',
      'add',
      'm.onnx',
      '--task',
      'detection',
      '--labels',
      'l.txt',
      '--licence',
      'MIT',
      '--commercial',
    ]);
    expect({ code, out }).toEqual({ code: 0, out: 'mine is available (1.2 kB, SHA-256 cccccccccccc…)\n' });
    expect(added).toEqual([
      [
        join(cwd, 'm.onnx'),
        { task: 'detection', labels: join(cwd, 'l.txt'), licenceId: 'MIT', commercialUse: true },
      ],
    ]);
    expect((await call(['models', 'add', 'm.onnx'])).code).toBe(2);
  });

  it('walk through pages of runs', async () => {
    const { out, err } = await call([
      'runs',
      'list',
      '--limit',
      '250',
      '--label',
      'tabby',
      '--min-score',
      '0.5',
      '--since',
      '2026-03-01T08:30:00Z',
      '--json',
    ]);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEnvelope);
    expect(lines).toHaveLength(250);
    const filters = [lines[0], lines[249]].map(
      (line) =>
        JSON.parse((line?.result as { labels: { label: string }[] }).labels[0]?.label ?? '') as unknown,
    );
    const filter = { label: 'tabby', minScore: 0.5, since: '2026-03-01T08:30:00.000Z' };
    expect(filters).toEqual([
      { ...filter, limit: 200 },
      { ...filter, limit: 50, cursor: 'more' },
    ]);
    expect(err).toBe('');
    expect(connected[0]).toMatchObject({ catalog: true });
  });

  it('show, delete and replay a run', async () => {
    const shown = await call(['runs', 'show', 'x', '--overlay', 'run.png']);
    expect(shown.out).toContain('tabby  50.0 %  ████████████');
    expect(readFileSync(join(cwd, 'run.png'), 'utf8')).toBe('overlay');
    rmSync(join(cwd, 'run.png'));
    expect(await call(['runs', 'delete', 'x', 'gone', 'y'])).toMatchObject({ code: 1, out: 'deleted x\n' });
    expect((await call(['runs', 'replay', 'same'])).code).toBe(0);
    expect(await call(['runs', 'replay', 'x'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('another result, scores within 0.25:\n  a became b') as string,
    });
  });

  it('doctor fails where a part is broken', async () => {
    const { code, out } = await call(['doctor']);
    expect(code).toBe(1);
    expect(out).toContain('✗ sharp: cannot be loaded\n    npm rebuild sharp\n');
    expect(out).toMatch(/FOVEA_PORT +3000 +default +port/);
  });
});

describe('fovea evaluate', () => {
  const args = ['evaluate', 'classification', '--dataset'];

  it('reads data set, part and parameters, and shows the figures', async () => {
    const options = ['--split', 'val', '--model', 'lite0', '--limit', '2', '--subset', 'odd'];
    const { code, out, err } = await call([...args, 'imagenet:ten', ...options, '--param', 'topK=3']);
    expect(code).toBe(0);
    expect(evaluated).toEqual([
      {
        task: 'classification',
        dataset: { format: 'imagenet', folder: join(cwd, 'ten'), split: 'val' },
        model: 'lite0',
        params: { topK: 3 },
        limit: 2,
        subset: 'odd',
      },
    ]);
    expect(connected[0]).toMatchObject({ record: true });
    expect(out).toContain('top-k: lite2 on ten');
    expect(out).toContain('2 pictures (first 2), 2 annotations; 80 ms, 25.0 a second on cpu');
    expect(out).toMatch(/top-1 {2}0\.5000 {2}the best answer is right\n {2}ECE +–\n/);
    expect(err).toContain(
      '1 picture could not be run and counts as nothing found:\n  b.jpg: b.jpg is cut short',
    );
  });

  it('writes the whole evaluation as JSON', async () => {
    const { out } = await call([...args, 'coco:/data/coco', '--json']);
    expect(JSON.parse(out)).toEqual(evaluation);
  });

  it.each([
    ['no data set', ['evaluate', 'classification'], /--dataset/],
    ['another format', [...args, 'kitti:/data'], /coco, voc, yolo/],
    ['no folder', [...args, 'coco:'], /format:folder/],
    ['an unknown task', ['evaluate', 'washing', '--dataset', 'coco:/d'], /no task "washing"/],
    ['an unknown parameter', [...args, 'coco:/d', '--param', 'colour=red'], /topK, labels/],
    ['a wrong parameter', [...args, 'coco:/d', '--param', 'topK=0.5'], /whole number/],
    ['a limit below 1', [...args, 'coco:/d', '--limit', '0'], /from 1/],
  ])('refuses %s as wrong usage', async (_what, given, message) => {
    const { code, err } = await call(given);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(evaluated).toEqual([]);
  });
});
