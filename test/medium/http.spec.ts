import { BatchEnvelope, RunEnvelope, RunPage, type Problem } from '@fovea/contracts';
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.ts';

const SAMPLES = join(import.meta.dirname, '..', 'fixtures', 'samples');
let server: TestServer;
let url: string;
let cat: Buffer;
let coffee: Buffer;

beforeAll(async () => {
  [cat, coffee] = (await Promise.all(
    ['cat-chelsea.jpg', 'coffee.jpg'].map((name) => readFile(join(SAMPLES, name))),
  )) as [Buffer, Buffer];
  server = await startServer({
    FOVEA_URL_ALLOW: '127.0.0.2',
    FOVEA_MAX_BYTES: '1MiB',
    FOVEA_MAX_PIXELS: '1000000',
  });
  ({ url } = server);
});
afterAll(() => server?.end());

const TASK = '/v1/tasks/classification';
const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
const raw = (body: Buffer | string, path = TASK, headers: Record<string, string> = {}) =>
  fetch(url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : bytes(body),
    headers: { 'content-type': 'image/jpeg', ...headers },
  });
const run = async (body: Buffer, path = TASK, headers = {}) => {
  const response = await raw(body, path, headers);
  expect(response.status).toBe(200);
  return RunEnvelope.parse(await response.json());
};
const problem = async (response: Response): Promise<Problem> => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as Problem;
};
const labelsOf = (envelope: RunEnvelope) => (envelope.result.kind === 'labels' ? envelope.result.labels : []);

describe('POST /v1/tasks/classification', () => {
  it('finds the cat, and says how', async () => {
    const envelope = await run(cat);
    expect(labelsOf(envelope)[0]?.label).toMatch(/cat|tabby/i);
    expect(labelsOf(envelope)).toHaveLength(5);
    expect(envelope.inputs['image']).toMatchObject({
      sha256: createHash('sha256').update(cat).digest('hex'),
      mime: 'image/jpeg',
      bytes: cat.byteLength,
      width: 451,
      height: 300,
    });
    expect(envelope.run).toMatchObject({
      task: 'classification',
      device: expect.stringContaining('cpu') as string,
      params: { topK: 5 },
    });
    expect(envelope.run.models[0]).toMatchObject({ role: 'primary', id: 'efficientnet-lite2' });
    expect(envelope.run.timings.totalMs).toBeGreaterThan(envelope.run.timings.inferenceMs);
  });

  it('answers the same run in every form of request', async () => {
    const form = new FormData();
    form.append('image', new Blob([bytes(cat)]), 'cat.jpg');
    form.append('params', '{"topK": 2}');
    form.append('model', 'efficientnet-lite0');
    const json = {
      inputs: { image: { base64: cat.toString('base64') } },
      params: { topK: 2 },
      model: 'efficientnet-lite0',
    };
    const responses = await Promise.all([
      raw(cat, `${TASK}?topK=2&model=efficientnet-lite0`),
      fetch(url + TASK, { method: 'POST', body: form }),
      fetch(url + TASK, {
        method: 'POST',
        body: JSON.stringify(json),
        headers: { 'content-type': 'application/json' },
      }),
    ]);
    const envelopes = await Promise.all(
      responses.map(async (response) => RunEnvelope.parse(await response.json())),
    );
    const [first] = envelopes;
    for (const envelope of envelopes) {
      expect(envelope.result).toEqual(first?.result);
      expect(envelope.inputs).toEqual(first?.inputs);
      expect(envelope.run.params).toEqual({ topK: 2, minScore: 0, crops: 1 });
    }
  });

  it('filters by label and score, and averages crops', async () => {
    const filtered = await run(cat, `${TASK}?labels=n02124075,tabby&store=false`);
    expect(
      labelsOf(filtered)
        .map(({ classId }) => classId)
        .sort(),
    ).toEqual([281, 285]);
    expect(labelsOf(await run(cat, `${TASK}?minScore=0.99&store=false`))).toEqual([]);
    const ten = await run(cat, `${TASK}?crops=10&store=false`);
    expect(ten.run.stages[0]?.batchSize).toBeGreaterThanOrEqual(1);
    expect(labelsOf(ten)[0]?.label).toMatch(/cat|tabby/i);
  });

  it('answers a batch in order, one bad picture failing alone', async () => {
    const form = new FormData();
    for (const file of [bytes(cat), new Uint8Array([1, 2, 3]), bytes(coffee)])
      form.append('image', new Blob([file]), 'picture');
    const response = await fetch(`${url}${TASK}?model=efficientnet-lite0`, { method: 'POST', body: form });
    const batch = BatchEnvelope.parse(await response.json());
    expect(batch.runs.map((one) => ('run' in one ? labelsOf(one)[0]?.label : one.code))).toEqual([
      expect.stringMatching(/cat|tabby/i),
      'IMAGE_CORRUPT',
      expect.stringMatching(/espresso|cup/i),
    ]);
  });

  it('streams the result as events', async () => {
    const response = await raw(cat, TASK, { accept: 'text/event-stream' });
    const [event, data] = (await response.text()).trim().split('\n');
    expect(event).toBe('event: result');
    expect(RunEnvelope.parse(JSON.parse((data as string).slice(6))).result.kind).toBe('labels');
    const bad = await raw('nothing', TASK, { accept: 'text/event-stream' });
    expect(await bad.text()).toContain('event: problem');
  });

  it('keeps nothing with store=false', async () => {
    const unique = Buffer.concat([coffee, Buffer.from(randomUUID())]); // bytes after the end of a JPEG are ignored
    const envelope = await run(unique, `${TASK}?store=false`);
    expect(envelope.links).toEqual({});
    expect((await fetch(`${url}/v1/runs/${envelope.run.id}`)).status).toBe(404);
    expect((await fetch(`${url}/v1/blobs/${envelope.inputs['image']?.sha256}`)).status).toBe(404);
  });

  it.each([
    ['no body', () => fetch(url + TASK, { method: 'POST' }), 400, 'INVALID_REQUEST'],
    ['an empty picture', () => raw(''), 422, 'IMAGE_CORRUPT'],
    ['text', () => raw('this is no picture at all'), 415, 'UNSUPPORTED_MEDIA'],
    ['half a picture', () => raw(cat.subarray(0, cat.length / 2)), 422, 'IMAGE_CORRUPT'],
    [
      'an SVG',
      () => raw('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      415,
      'UNSUPPORTED_MEDIA',
    ],
    ['too many bytes', () => raw(Buffer.alloc(1024 * 1024 + 1)), 413, 'PAYLOAD_TOO_LARGE'],
    ['a wrong parameter', () => raw(cat, `${TASK}?topK=0`), 422, 'INVALID_PARAMETER'],
    ['an unknown parameter', () => raw(cat, `${TASK}?tpoK=1`), 422, 'INVALID_PARAMETER'],
    ['an unknown label', () => raw(cat, `${TASK}?labels=unicorn`), 422, 'INVALID_PARAMETER'],
    ['an unknown model', () => raw(cat, `${TASK}?model=gpt`), 422, 'INVALID_PARAMETER'],
    ['an unknown task', () => raw(cat, '/v1/tasks/telepathy'), 404, 'NOT_FOUND'],
    ['a task of a later version', () => raw(cat, '/v1/tasks/generate'), 501, 'NOT_IMPLEMENTED'],
    ['a stream', () => fetch(`${url}/v1/streams`), 501, 'NOT_IMPLEMENTED'],
    ['a wrong method', () => fetch(url + TASK, { method: 'DELETE' }), 405, 'METHOD_NOT_ALLOWED'],
    ['a wrong path', () => fetch(`${url}/v1/nothing`), 404, 'NOT_FOUND'],
    ['a foreign page', () => raw(cat, TASK, { origin: 'https://evil.example' }), 403, 'FORBIDDEN'],
  ])('says clearly what is wrong with %s', async (_what, send, status, code) => {
    const response = await send();
    expect(response.status).toBe(status);
    const body = await problem(response);
    expect(body).toMatchObject({ status, code });
    expect(body.hint).not.toBe('');
    expect(body.requestId).toBe(response.headers.get('x-request-id'));
  });

  it('takes the request id of the client', async () => {
    const response = await fetch(`${url}/v1/tasks`, { headers: { 'x-request-id': 'trace-7' } });
    expect(response.headers.get('x-request-id')).toBe('trace-7');
  });
});

describe('URL inputs', () => {
  let pictures: HttpServer;
  let port: number;
  beforeAll(async () => {
    pictures = createServer((request, response) => {
      if (request.url === '/cat.jpg') response.end(cat);
      else if (request.url === '/redirect') response.writeHead(302, { location: '/cat.jpg' }).end();
      else if (request.url === '/inside')
        response.writeHead(302, { location: `http://127.0.0.1:${port}/cat.jpg` }).end();
      else if (request.url === '/large') response.end(Buffer.alloc(2 * 1024 * 1024));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => pictures.listen(0, resolve));
    ({ port } = pictures.address() as AddressInfo);
  });
  afterAll(() => void pictures.close());
  const from = (address: string) =>
    fetch(url + TASK, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: { url: address } }),
    });

  it.each(['/cat.jpg', '/redirect'])('fetches %s of an allowed host', async (path) => {
    const response = await from(`http://127.0.0.2:${port}${path}`);
    expect(labelsOf(RunEnvelope.parse(await response.json()))[0]?.label).toMatch(/cat|tabby/i);
  });
  it.each([
    ['a redirect to the inside', () => `http://127.0.0.2:${port}/inside`, 'URL_REFUSED'],
    ['loopback', () => `http://127.0.0.1:${port}/cat.jpg`, 'URL_REFUSED'],
    ['a name of loopback', () => `http://localhost:${port}/cat.jpg`, 'URL_REFUSED'],
    ['the metadata address of clouds', () => 'http://169.254.169.254/latest/meta-data/', 'URL_REFUSED'],
    ['what is not there', () => `http://127.0.0.2:${port}/missing`, 'URL_REFUSED'],
    ['what is too large', () => `http://127.0.0.2:${port}/large`, 'PAYLOAD_TOO_LARGE'],
  ])('refuses %s', async (_what, address, code) =>
    expect((await problem(await from(address()))).code).toBe(code),
  );
});

describe('idempotency', () => {
  it('answers the first run again', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const [first, second] = [await run(coffee, TASK, headers), await run(coffee, TASK, headers)];
    expect(second.run.id).toBe(first.run.id);
  });
  it('refuses the same key for another request', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await run(coffee, TASK, headers);
    expect((await problem(await raw(cat, TASK, headers))).code).toBe('CONFLICT');
  });
  it('a failed request does not use the key up', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    expect((await raw('nothing', TASK, headers)).status).toBe(415);
    expect((await raw('nothing', TASK, headers)).status).toBe(415);
  });
});

describe('the catalog', () => {
  it('finds a run by its label, shows, draws and deletes it', async () => {
    const { run: made, result } = await run(coffee);
    const page = RunPage.parse(
      await (await fetch(`${url}/v1/runs?label=Espresso&minScore=0.3&task=classification&limit=200`)).json(),
    );
    expect(page.items.map((item) => item.run.id)).toContain(made.id);
    const shown = RunEnvelope.parse(await (await fetch(`${url}/v1/runs/${made.id}`)).json());
    expect(shown.result).toEqual(result);
    const png = await fetch(`${url}/v1/runs/${made.id}/overlay.png`);
    expect(png.headers.get('content-type')).toBe('image/png');
    expect(
      Buffer.from(await png.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(await (await fetch(`${url}/v1/runs/${made.id}/overlay.svg`)).text()).toContain('espresso');
    expect((await fetch(`${url}/v1/runs/${made.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${url}/v1/runs/${made.id}`)).status).toBe(404);
    expect((await fetch(`${url}/v1/runs/${made.id}`, { method: 'DELETE' })).status).toBe(404);
  });

  it('pages without gaps', async () => {
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await run(cat, `${TASK}?model=efficientnet-lite0&topK=1`)).run.id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const response = await fetch(
        `${url}/v1/runs?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      );
      const page: RunPage = RunPage.parse(await response.json());
      seen.push(...page.items.map((item) => item.run.id));
      cursor = page.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.slice(0, 5)).toEqual(made.reverse());
  });

  it.each([
    'since=0355-10-22T03:26:48-10:11',
    'until=8253-02-03T15:24:00-23:16',
    'since=0000-01-01T00:00:00%2B01:00',
  ])('reads ?%s', async (query) => expect((await fetch(`${url}/v1/runs?limit=1&${query}`)).status).toBe(200));

  it.each(['limit=0', 'limit=201', 'task=telepathy', 'since=yesterday', 'cursor=%%%', 'nonsense=1'])(
    'refuses ?%s',
    async (query) =>
      expect((await problem(await fetch(`${url}/v1/runs?${query}`))).code).toMatch(
        /INVALID_PARAMETER|INVALID_REQUEST/,
      ),
  );

  it('replays a run and finds it the same', async () => {
    const { run: made } = await run(cat, `${TASK}?topK=3`);
    const response = await fetch(`${url}/v1/runs/${made.id}/replay`, { method: 'POST' });
    const replay = (await response.json()) as {
      original: RunEnvelope;
      replay: RunEnvelope;
      difference: { same: boolean };
    };
    expect(replay.original.run.id).toBe(made.id);
    expect(replay.replay.run.id).not.toBe(made.id);
    expect(replay.replay.run.params).toEqual(made.params);
    expect(replay.difference.same).toBe(true);
  });

  it('keeps blobs by their hash, with ranges, ETag and thumbnails', async () => {
    const put = await fetch(`${url}/v1/blobs`, { method: 'POST', body: bytes(cat) });
    expect(put.status).toBe(201);
    const { sha256, mime } = (await put.json()) as { sha256: string; mime: string };
    expect(mime).toBe('image/jpeg');
    const whole = await fetch(`${url}/v1/blobs/${sha256}`);
    expect(Buffer.from(await whole.arrayBuffer()).equals(cat)).toBe(true);
    const part = await fetch(`${url}/v1/blobs/${sha256}`, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(cat.subarray(10, 20))).toBe(true);
    const etag = whole.headers.get('etag') as string;
    expect((await fetch(`${url}/v1/blobs/${sha256}`, { headers: { 'if-none-match': etag } })).status).toBe(
      304,
    );
    expect((await fetch(`${url}/v1/blobs/${sha256}?thumb=160`)).headers.get('content-type')).toBe(
      'image/webp',
    );
    expect((await fetch(`${url}/v1/blobs/${sha256}?thumb=7`)).status).toBe(422);
    expect((await fetch(`${url}/v1/blobs/${'0'.repeat(64)}`)).status).toBe(404);
    const byBlob = await fetch(url + TASK, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: { blob: sha256 } }),
    });
    expect(labelsOf(RunEnvelope.parse(await byBlob.json()))[0]?.label).toMatch(/cat|tabby/i);
  });
});

describe('the socket', () => {
  it('answers a run like REST does', async () => {
    const socket = io(url, { transports: ['websocket'] });
    const answer: unknown = await socket.emitWithAck(
      'run',
      { task: 'classification', params: { topK: 1 } },
      cat,
    );
    const bad: unknown = await socket.emitWithAck(
      'run',
      { task: 'classification', params: { topK: 0 } },
      cat,
    );
    const none: unknown = await socket.emitWithAck('run', 'what', null);
    socket.close();
    const envelope = RunEnvelope.parse(answer);
    expect(labelsOf(envelope)[0]?.label).toMatch(/cat|tabby/i);
    expect((await fetch(`${url}/v1/runs/${envelope.run.id}`)).status).toBe(200);
    expect(bad).toMatchObject({ code: 'INVALID_PARAMETER', errors: [{ path: 'topK' }] });
    expect(none).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('refuses pages of other sites', async () => {
    const socket = io(url, {
      transports: ['websocket'],
      extraHeaders: { origin: 'https://evil.example' },
      reconnection: false,
    });
    const error = await new Promise<Error>((resolve) => socket.on('connect_error', resolve));
    socket.close();
    expect(error).toBeInstanceOf(Error);
  });
});

describe('the system', () => {
  it('is ready, and says what it has', async () => {
    expect((await fetch(`${url}/v1/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/v1/health/ready`);
    expect(await ready.json()).toMatchObject({
      status: 'ok',
      checks: { database: { ok: true }, inference: { ok: true } },
    });
    const tasks = (await (await fetch(`${url}/v1/tasks`)).json()) as {
      items: { task: string; params: object }[];
    };
    expect(tasks.items[0]).toMatchObject({
      task: 'classification',
      params: { properties: { topK: { default: 5 } } },
    });
    const models = (await (await fetch(`${url}/v1/models`)).json()) as {
      items: { id: string }[];
      device: { id: string };
    };
    expect(models.items.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['efficientnet-lite0', 'efficientnet-lite2']),
    );
    expect(models.device.id).toBe('cpu');
    expect((await problem(await fetch(`${url}/v1/models/nothing`))).code).toBe('NOT_FOUND');
  });

  it('loads and unloads models', async () => {
    const act = async (action: string) =>
      (await (await fetch(`${url}/v1/models/efficientnet-lite0/${action}`, { method: 'POST' })).json()) as {
        state: string;
      };
    expect((await act('load')).state).toBe('loaded');
    expect((await act('unload')).state).toBe('available');
  });

  it('counts for Prometheus', async () => {
    await run(cat);
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const name of [
      'fovea_queue_depth',
      'fovea_batch_rows',
      'fovea_run_seconds_bucket',
      'nodejs_eventloop_lag',
      'fovea_http_requests_total',
    ])
      expect(text).toContain(name);
  });

  it('documents itself', async () => {
    expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({
      openapi: expect.stringMatching(/^3\.1/) as string,
    });
    expect(await (await fetch(`${url}/docs`)).text()).toContain('swagger-ui');
    expect((await fetch(`${url}/docs/swagger-ui.css`)).status).toBe(200);
  });

  it('notices a client that goes away', async () => {
    const before = server.logs.length;
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      `POST ${TASK} HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/jpeg\r\ncontent-length: ${cat.length}\r\n\r\n`,
    );
    await new Promise<void>((resolve) => socket.write(cat.subarray(0, 100), () => resolve()));
    socket.destroy();
    await expect.poll(async () => (await fetch(`${url}/v1/health/ready`)).status).toBe(200);
    expect(server.logs.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
  });
});
