import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ERRORS, VisionError, type ErrorCode, type Problem } from '@fovea/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError, Fovea, ServerError } from './index.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}
type Answer = (request: IncomingMessage, response: ServerResponse, seen: Seen) => void;

let server: Server;
let baseUrl = '';
let fovea: Fovea;
let seen: Seen[] = [];
/** One answer for each request that comes; the last one stays. */
let answers: Answer[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://server');
      const one = {
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body,
      };
      seen.push(one);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(request, response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
  answers = [json({})];
  fovea = new Fovea({ baseUrl });
});

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
const problem = (code: ErrorCode, detail = 'because'): Problem => ({
  type: 'about:blank',
  title: ERRORS[code].title,
  status: ERRORS[code].status,
  code,
  detail,
  hint: `do something about ${code}`,
  requestId: 'request-1',
});
const fail = (code: ErrorCode, headers: Record<string, string> = {}): Answer =>
  json(problem(code), ERRORS[code].status, { 'content-type': 'application/problem+json', ...headers });
const envelope = (label = 'tabby') => ({
  run: { id: '11111111-1111-4111-8111-111111111111', task: 'classification' },
  inputs: {},
  result: { kind: 'labels', labels: [{ label, classId: 281, score: 0.5 }] },
  links: {},
});
const formOf = (one: Seen | undefined): Promise<FormData> =>
  new Response(new Uint8Array(one?.body ?? []), {
    headers: { 'content-type': one?.headers['content-type'] ?? '' },
  }).formData();
const caught = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => error,
  );

const picture = new Uint8Array([0xff, 0xd8, 1, 2, 3]);

describe('run', () => {
  it('sends a picture, its parameters and its model as multipart', async () => {
    answers = [json(envelope())];
    const answer = await fovea.run(
      'classification',
      picture,
      { topK: 3, labels: ['Ägyptische Katze', '猫'] },
      { model: 'efficientnet-lite4' },
    );
    expect(answer.result.labels[0]?.label).toBe('tabby');
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/tasks/classification', query: {} });
    const form = await formOf(seen[0]);
    expect(JSON.parse(form.get('params') as string)).toEqual({ topK: 3, labels: ['Ägyptische Katze', '猫'] });
    expect(form.get('model')).toBe('efficientnet-lite4');
    expect(new Uint8Array(await (form.get('image') as File).arrayBuffer())).toEqual(picture);
  });

  it('names the models of other roles, and keeps nothing where store is false', async () => {
    answers = [json(envelope())];
    await fovea.run('pose', picture, {}, { models: { detector: 'yolo-n' }, store: false });
    expect(seen[0]?.query).toEqual({ store: 'false' });
    expect((await formOf(seen[0])).get('params')).toBe('{"models":{"detector":"yolo-n"}}');
  });

  it.each([
    ['a Blob', () => new Blob([picture], { type: 'image/jpeg' })],
    ['a File', () => new File([picture], 'cat.jpg', { type: 'image/jpeg' })],
    ['an ArrayBuffer', () => picture.slice().buffer],
    ['a stream', () => new Blob([picture]).stream()],
  ])('takes %s', async (_name, input) => {
    answers = [json(envelope())];
    await fovea.run('classification', input());
    const file = (await formOf(seen[0])).get('image') as File;
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(picture);
  });

  it('keeps the name and type of a file', async () => {
    answers = [json(envelope())];
    await fovea.run('classification', new File([picture], 'Käse 猫.jpg', { type: 'image/jpeg' }));
    expect((await formOf(seen[0])).get('image')).toMatchObject({ name: 'Käse 猫.jpg', type: 'image/jpeg' });
  });

  it.each([[{ url: 'https://example.org/a.jpg' }], [{ base64: 'AAAA' }], [{ blob: 'a'.repeat(64) }]])(
    'sends %j as JSON',
    async (source) => {
      answers = [json(envelope())];
      await fovea.run('classification', source, { topK: 1 }, { model: 'm' });
      expect(seen[0]?.headers['content-type']).toBe('application/json');
      expect(JSON.parse(String(seen[0]?.body))).toEqual({
        inputs: { image: source },
        params: { topK: 1 },
        model: 'm',
      });
    },
  );

  it('sends several inputs by name, also where one is bytes and one is a source', async () => {
    answers = [json(envelope())];
    await fovea.run('stylize', { image: picture, style: picture });
    const form = await formOf(seen[0]);
    expect([...form.keys()]).toEqual(['image', 'style']);
    await fovea.run('stylize', { image: picture, style: [{ url: 'https://example.org/s.jpg' }, picture] });
    const base64 = Buffer.from(picture).toString('base64');
    expect(JSON.parse(String(seen[1]?.body))).toMatchObject({
      inputs: { image: { base64 }, style: [{ url: 'https://example.org/s.jpg' }, { base64 }] },
    });
  });

  it('sends no input where a task has none', async () => {
    answers = [json(envelope())];
    await fovea.run('generate', undefined, { seed: 1 });
    expect(JSON.parse(String(seen[0]?.body))).toEqual({ params: { seed: 1 } });
  });

  it('encodes a large picture beside a source without overflowing the stack', async () => {
    answers = [json(envelope())];
    const large = new Uint8Array(1_000_000).map((_, at) => at % 251);
    await fovea.run('stylize', { image: large, style: { url: 'https://example.org/s.jpg' } });
    const { inputs } = JSON.parse(String(seen[0]?.body)) as { inputs: { image: { base64: string } } };
    expect(Buffer.from(inputs.image.base64, 'base64').equals(large)).toBe(true);
  });

  it.each([['cat.jpg'], [null], [7], [{ image: 'cat.jpg' }]])(
    'refuses %j: it reads no files',
    async (input) => {
      expect(await caught(fovea.run('classification', input as never))).toBeInstanceOf(TypeError);
      expect(seen).toHaveLength(0);
    },
  );

  it('hands on partial results, then the result', async () => {
    answers = [
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('event: partial\ndata: {"text":"a"}\n\nevent: partial\ndata: {"text":"a cat"}\n\n');
        response.end(`event: result\ndata: ${JSON.stringify(envelope())}\n\n`);
      },
    ];
    const partials: unknown[] = [];
    const answer = await fovea.run(
      'caption',
      picture,
      {},
      { onPartial: (partial) => partials.push(partial.text) },
    );
    expect(partials).toEqual(['a', 'a cat']);
    expect(answer).toEqual(envelope());
    expect(seen[0]?.headers.accept).toContain('text/event-stream');
  });

  it('rejects with the problem of an event stream, and where it ends early', async () => {
    const events =
      (text: string): Answer =>
      (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
    answers = [events(`event: problem\ndata: ${JSON.stringify(problem('MODEL_FAILED'))}\n\n`)];
    expect(await caught(fovea.run('caption', picture, {}, { onPartial: () => undefined }))).toMatchObject({
      code: 'MODEL_FAILED',
    });
    answers = [events('event: partial\ndata: {}\n\n')];
    expect(await caught(fovea.run('caption', picture, {}, { onPartial: () => undefined }))).toBeInstanceOf(
      ConnectionError,
    );
  });

  it('says so when several primaries were given', async () => {
    answers = [json({ runs: [envelope(), envelope()] })];
    expect(await caught(fovea.run('classification', { image: [picture, picture] }))).toMatchObject({
      message: expect.stringContaining('runBatch') as string,
    });
  });
});

describe('errors', () => {
  it('are the VisionError of the problem, with its request id', async () => {
    answers = [
      json({ ...problem('INVALID_PARAMETER'), errors: [{ path: 'topK', message: 'too big' }] }, 422),
    ];
    const error = await caught(fovea.run('classification', picture));
    expect(error).toBeInstanceOf(VisionError);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({
      code: 'INVALID_PARAMETER',
      status: 422,
      message: 'because',
      hint: 'do something about INVALID_PARAMETER',
      requestId: 'request-1',
      errors: [{ path: 'topK', message: 'too big' }],
    });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['a page', 404, '<html>\n<h1>nginx</h1>'],
    ['other JSON', 500, '{"error":"x"}'],
    ['nothing', 502, ''],
    ['a page with status 200', 200, '<html>'],
  ])('of something else that answers with %s name the address', async (_name, status, text) => {
    answers = [
      (_request, response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(text),
    ];
    const error = await caught(fovea.models.list());
    expect(error).toMatchObject({
      name: 'ConnectionError',
      code: 'NOT_FOVEA',
      hint: expect.stringContaining('baseUrl') as string,
    });
    expect((error as Error).message).toContain(`${baseUrl}/v1/models answered ${status}`);
  });

  it('say where nobody listens, and try a GET three times', async () => {
    const tries: string[] = [];
    const away = new Fovea({
      baseUrl: 'http://127.0.0.1:1/',
      fetch: (url, init) => {
        tries.push(String(url));
        return fetch(url, init);
      },
    });
    const error = await caught(away.tasks());
    expect(error).toMatchObject({ code: 'UNREACHABLE', url: 'http://127.0.0.1:1/v1/tasks' });
    expect((error as Error).message).toMatch(/^No Fovea server answers at http:\/\/127\.0\.0\.1:1 \(.+\)$/);
    expect(tries).toHaveLength(3);
    tries.length = 0;
    await caught(away.run('classification', picture));
    expect(tries).toHaveLength(1);
  });

  it('say where a connection broke in the middle of an answer', async () => {
    answers = [
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"run":', () => response.destroy());
      },
    ];
    expect(await caught(fovea.run('classification', picture))).toMatchObject({ code: 'UNREACHABLE' });
  });

  it.each(['localhost:3000', 'ftp://host', '', 'not an address'])('refuse baseUrl %j', (address) => {
    expect(() => new Fovea({ baseUrl: address })).toThrow(TypeError);
  });

  it('end a wait after timeoutMs', async () => {
    answers = [() => undefined];
    const error = await caught(new Fovea({ baseUrl, timeoutMs: 20 }).run('classification', picture));
    expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('0.02 s') as string });
  });
});

describe('retries', () => {
  const soon = { 'retry-after': '0' };

  it('repeat a GET after 429 and 503', async () => {
    answers = [
      fail('QUEUE_FULL', soon),
      fail('CATALOG_UNAVAILABLE', soon),
      json({ items: [], nextCursor: null }),
    ];
    expect(await fovea.tasks()).toEqual([]);
    expect(seen).toHaveLength(3);
  });

  it('repeat a run with an idempotency key, with the same key and body', async () => {
    answers = [fail('QUEUE_FULL', soon), json(envelope())];
    await fovea.run('classification', new Blob([picture]).stream(), {}, { idempotencyKey: 'once' });
    expect(seen.map((one) => one.headers['idempotency-key'])).toEqual(['once', 'once']);
    const files = await Promise.all(
      seen.map(async (one) => ((await formOf(one)).get('image') as File).bytes()),
    );
    expect(files).toEqual([picture, picture]);
  });

  it('never repeat another run, nor what cannot pass', async () => {
    answers = [fail('QUEUE_FULL', { 'retry-after': '3' })];
    expect(await caught(fovea.run('classification', picture))).toMatchObject({
      code: 'QUEUE_FULL',
      retryAfterS: 3,
    });
    answers = [fail('MODEL_MISSING', soon)];
    await caught(fovea.models.get('x'));
    expect(seen).toHaveLength(2);
  });

  it('give up after the number that was asked for', async () => {
    answers = [fail('RATE_LIMITED', soon)];
    expect(await caught(new Fovea({ baseUrl, retries: 1 }).openapi())).toMatchObject({
      code: 'RATE_LIMITED',
    });
    expect(seen).toHaveLength(2);
  });
});

describe('abort', () => {
  it('closes the connection and rejects with its reason', async () => {
    const controller = new AbortController();
    const closed = new Promise<void>((resolve) => {
      answers = [
        (request, response) => {
          response.once('close', resolve);
          expect(request.socket.destroyed).toBe(false);
          controller.abort(new Error('the user left'));
        },
      ];
    });
    const error = await caught(fovea.run('classification', picture, {}, { signal: controller.signal }));
    expect(error).toBe(controller.signal.reason);
    await closed;
  });

  it('sends nothing where the signal is aborted already', async () => {
    expect(
      await caught(fovea.run('classification', picture, {}, { signal: AbortSignal.abort() })),
    ).toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(0);
  });

  it('ends a wait between two tries', async () => {
    const controller = new AbortController();
    answers = [
      (request, response, one) => {
        fail('QUEUE_FULL', { 'retry-after': '30' })(request, response, one);
        response.once('close', () => controller.abort());
      },
    ];
    const running = fovea.run(
      'classification',
      picture,
      {},
      { idempotencyKey: 'k', signal: controller.signal },
    );
    expect(await caught(running)).toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(1);
  });
});

describe('runBatch', () => {
  it('answers in the order sent, bad pictures as problems', async () => {
    answers = [json({ runs: [envelope('a'), problem('IMAGE_CORRUPT'), envelope('c')] })];
    const runs = await fovea.runBatch('classification', [picture, picture, picture], { topK: 1 });
    expect(runs).toEqual([envelope('a'), problem('IMAGE_CORRUPT'), envelope('c')]);
    expect((await formOf(seen[0])).getAll('image')).toHaveLength(3);
  });

  it('sends many pictures in several requests', async () => {
    answers = [
      (request, response, one) =>
        void formOf(one).then((form) =>
          json({ runs: form.getAll('image').map(() => envelope()) })(request, response, one),
        ),
    ];
    expect(
      await fovea.runBatch(
        'classification',
        Array.from({ length: 34 }, () => picture),
      ),
    ).toHaveLength(34);
    expect(seen).toHaveLength(3);
  });

  it('is a list also for one picture and for none', async () => {
    answers = [json(envelope()), fail('IMAGE_CORRUPT')];
    expect(await fovea.runBatch('classification', [{ url: 'https://example.org/a.jpg' }])).toEqual([
      envelope(),
    ]);
    expect(await fovea.runBatch('classification', [picture])).toEqual([problem('IMAGE_CORRUPT')]);
    expect(await fovea.runBatch('classification', [])).toEqual([]);
    expect(seen).toHaveLength(2);
  });

  it('halves a request that is too large as a whole', async () => {
    const tooMany: Answer = (request, response, one) =>
      void formOf(one).then((form) => {
        const sizes = form.getAll('image').map((file) => (file as File).size);
        const tooLarge = sizes.reduce((sum, size) => sum + size, 0) > 10;
        const runs = sizes.map(() => envelope());
        (tooLarge ? fail('PAYLOAD_TOO_LARGE') : json(runs.length === 1 ? runs[0] : { runs }))(
          request,
          response,
          one,
        );
      });
    answers = [tooMany];
    const large = new Uint8Array(20);
    const runs = await fovea.runBatch('classification', [picture, picture, large, picture]);
    expect(runs.map((run) => ('code' in run ? run.code : run.result.kind))).toEqual([
      'labels',
      'labels',
      'PAYLOAD_TOO_LARGE',
      'labels',
    ]);
  });

  it('rejects where the whole request is wrong', async () => {
    answers = [fail('INVALID_PARAMETER')];
    expect(await caught(fovea.runBatch('classification', [picture], { topK: -1 }))).toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });
});

describe('the rest of the API', () => {
  it('asks the right address', async () => {
    const id = 'a/b ü';
    answers = [json({ items: [], nextCursor: null })];
    await fovea.tasks();
    await fovea.models.list();
    await fovea.models.get(id);
    await fovea.models.load('m');
    await fovea.models.unload('m');
    await fovea.models.pull('m');
    await fovea.runs.list({ task: 'classification', label: 'Käse & Brot', minScore: 0.5, limit: 3 });
    await fovea.runs.get('r');
    await fovea.runs.delete('r');
    await fovea.runs.replay('r', { model: 'current' });
    await fovea.runs.overlay('r', 'svg');
    await fovea.blobs.put(picture, 'image/jpeg');
    await fovea.blobs.get('s');
    await fovea.health();
    await fovea.openapi();
    expect(seen.map((one) => `${one.method} ${one.path}`)).toEqual([
      'GET /v1/tasks',
      'GET /v1/models',
      'GET /v1/models/a%2Fb%20%C3%BC',
      'POST /v1/models/m/load',
      'POST /v1/models/m/unload',
      'POST /v1/models/m/pull',
      'GET /v1/runs',
      'GET /v1/runs/r',
      'DELETE /v1/runs/r',
      'POST /v1/runs/r/replay',
      'GET /v1/runs/r/overlay.svg',
      'POST /v1/blobs',
      'GET /v1/blobs/s',
      'GET /v1/health/ready',
      'GET /openapi.json',
    ]);
    expect(seen[6]?.query).toEqual({
      task: 'classification',
      label: 'Käse & Brot',
      minScore: '0.5',
      limit: '3',
    });
    expect(String(seen[9]?.body)).toBe('{"model":"current"}');
    expect(seen[11]?.headers['content-type']).toBe('image/jpeg');
    expect(new Uint8Array(seen[11]?.body ?? [])).toEqual(picture);
  });

  it('keeps the path of baseUrl and sends the key', async () => {
    await new Fovea({ baseUrl: `${baseUrl}/vision//`, apiKey: 'secret' }).models.list();
    expect(seen[0]).toMatchObject({ path: '/vision/v1/models', headers: { authorization: 'Bearer secret' } });
  });

  it('knows the address of a blob and of its small picture', () => {
    expect(fovea.blobs.url('abc')).toBe(`${baseUrl}/v1/blobs/abc`);
    expect(fovea.blobs.url('abc', { thumb: 320 })).toBe(`${baseUrl}/v1/blobs/abc?thumb=320`);
  });

  it('hands out the bytes of an overlay', async () => {
    answers = [
      (_request, response) => void response.writeHead(200, { 'content-type': 'image/png' }).end(picture),
    ];
    const overlay = await fovea.runs.overlay('r');
    expect(overlay.type).toBe('image/png');
    expect(await overlay.bytes()).toEqual(picture);
  });

  it('walks through all pages of runs', async () => {
    answers = [
      json({ items: [envelope('a'), envelope('b')], nextCursor: 'next' }),
      json({ items: [envelope('c')], nextCursor: null }),
    ];
    const runs: unknown[] = [];
    for await (const run of fovea.runs.all({ limit: 2 })) runs.push(run);
    expect(runs).toEqual([envelope('a'), envelope('b'), envelope('c')]);
    expect(seen.map((one) => one.query)).toEqual([{ limit: '2' }, { limit: '2', cursor: 'next' }]);
  });

  it('names the tasks there are where one is not', async () => {
    answers = [json({ items: [{ task: 'classification' }], nextCursor: null })];
    expect(await fovea.task('classification')).toEqual({ task: 'classification' });
    expect(await caught(fovea.task('clasification'))).toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Its tasks are: classification.',
    });
  });

  it('reads the health of a server that is not ready', async () => {
    const health = { status: 'unavailable', checks: { database: { ok: false } }, version: '0.1.0' };
    answers = [json(health, 503)];
    expect(await fovea.health()).toEqual(health);
  });
});

describe('the default address', () => {
  it('is localhost outside a browser and the origin of the page in one', () => {
    expect(new Fovea().baseUrl).toBe('http://localhost:3000');
    const page = globalThis as { location?: unknown };
    try {
      page.location = { origin: 'https://vision.example' };
      expect(new Fovea().baseUrl).toBe('https://vision.example');
      page.location = { origin: 'null' };
      expect(new Fovea().baseUrl).toBe('http://localhost:3000');
    } finally {
      delete page.location;
    }
  });
});
