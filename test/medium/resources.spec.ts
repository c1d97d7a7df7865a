import { Accepted, defineOperation, defineResource, type ResourceDefinition } from '@fovea/application';
import { readSettings } from '@fovea/config';
import { MetadataFilter, VisionError, type Job, type Problem } from '@fovea/contracts';
import { serve, type Log, type Server } from '@fovea/host';
import { fixture } from '@fovea/testing';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { postgresMissing } from './postgres.ts';

// A made-up resource: the host makes everything else of it.

const Echo = z.strictObject({
  title: z.string().min(1).default('untitled'),
  count: z.int().min(0).optional(),
  exact: z.boolean().optional(),
  filter: MetadataFilter.optional(),
});

/** What the work of the resource did, for the tests to see. */
const seen = {
  waiting: [] as string[],
  aborted: [] as string[],
  steps: [] as number[],
  rounds: 0,
  roundsAtOnce: 0,
  mostAtOnce: 0,
  ended: 0,
};
let release = (): void => undefined;
let held = Promise.resolve();
const hold = () => (held = new Promise((resolve) => (release = resolve)));

const shelves: ResourceDefinition = defineResource({
  name: 'shelves',
  title: 'Shelves',
  models: { encoder: { choices: ['efficientnet-lite0', 'efficientnet-lite2'] } },
  operations: [
    defineOperation({
      name: 'list-shelves',
      method: 'GET',
      path: '',
      summary: 'Shelves',
      query: z.object({
        limit: z.coerce.number().int().min(1).max(10).default(5),
        about: z.string().optional(),
      }),
      answer: z.object({ limit: z.number() }),
      problems: ['INVALID_PARAMETER'],
      run: (_context, { query, files }) => Promise.resolve({ limit: query.limit, about: query.about, files }),
    }),
    defineOperation({
      name: 'echo',
      method: 'POST',
      path: '/{id}/echo',
      summary: 'What was sent',
      status: 201,
      query: z.object({ dry: z.enum(['yes', 'no']).optional() }),
      body: Echo,
      files: ['image', 'archive'],
      answer: z.object({ body: Echo }),
      problems: ['INVALID_REQUEST'],
      run: (_context, { body, query, files, path, wantsJob }) =>
        Promise.resolve({
          body,
          query,
          path,
          wantsJob,
          files: files.map(({ field, name, sha256, bytes }) => ({
            field,
            name,
            sha256,
            bytes: bytes.byteLength,
          })),
          links: { self: `/v1/shelves/${path['id']}` },
        }),
    }),
    defineOperation({
      name: 'remove',
      method: 'DELETE',
      path: '/{id}',
      summary: 'Away with it',
      status: 204,
      problems: ['NOT_FOUND'],
      run: (_context, { path }) => {
        if (path['id'] === 'none') throw new VisionError('NOT_FOUND', 'there is no shelf none');
        return Promise.resolve();
      },
    }),
    defineOperation({
      name: 'fill',
      method: 'POST',
      path: '/{id}/fill',
      summary: 'As a job',
      body: z.strictObject({ steps: z.int().min(1) }),
      mayAccept: true,
      problems: ['CATALOG_UNAVAILABLE'],
      run: async (context, { body }) =>
        new Accepted(await context.jobs.submit({ kind: 'import', request: { steps: body.steps } })),
    }),
    defineOperation({
      name: 'wait',
      method: 'POST',
      path: '/{id}/wait',
      summary: 'Does not end',
      problems: ['DEADLINE_EXCEEDED'],
      run: (context, { path }) =>
        new Promise((_resolve, reject) => {
          seen.waiting.push(path['id'] ?? '');
          context.signal.addEventListener('abort', () => {
            seen.aborted.push(path['id'] ?? '');
            if (path['id'] !== 'deaf') reject(context.signal.reason as Error);
          });
        }),
    }),
    defineOperation({
      name: 'look',
      method: 'POST',
      path: '/{id}/look',
      summary: 'Opens a picture and keeps it',
      body: z.strictObject({ model: z.string().optional(), folder: z.string().optional() }),
      files: ['image'],
      problems: ['IMAGE_CORRUPT'],
      run: async (context, { files, body }) => {
        const sizes = [];
        for (const { bytes, name } of files) {
          const { width, height, mime } = await context.openImage(bytes);
          const { sha256 } = await context.blobs.put(bytes, mime);
          sizes.push({ name, width, height, mime, sha256 });
        }
        const folder = [];
        if (body.folder !== undefined)
          for await (const file of context.folder(body.folder))
            folder.push({ name: file.name, sha256: (await context.readFile(file)).sha256 });
        return { sizes, folder, model: context.model('encoder', body.model).id };
      },
    }),
  ],
  jobs: {
    import: async ({ job, signal }, { steps }) => {
      const done = await job.steps.all();
      for (let step = 0; step < Number(steps); step++) {
        if (done.has(String(step))) continue;
        if (step === 2) await Promise.race([held, once(signal, 'abort')]);
        signal.throwIfAborted();
        await job.steps.put(String(step), true);
        seen.steps.push(step);
        job.progress(step + 1, Number(steps), 'pictures');
      }
      return { added: Number(steps) };
    },
  },
  recurring: [
    {
      name: 'dust',
      everyMs: 5,
      run: async ({ owner, collections }) => {
        seen.rounds++;
        seen.mostAtOnce = Math.max(seen.mostAtOnce, ++seen.roundsAtOnce);
        await collections.list(owner, { limit: 1 }).finally(() => seen.roundsAtOnce--);
        if (seen.rounds % 2 === 0) throw new Error('the broom is broken');
        seen.ended++;
      },
    },
    {
      name: 'catalog',
      everyMs: 5,
      ofCatalogSearch: true,
      run: () => Promise.reject(new Error('not asked for')),
    },
  ],
});

interface Started extends Server {
  readonly warnings: string[];
}
const folders: string[] = [];
const folder = async () => {
  folders.push(await mkdtemp(join(tmpdir(), 'fovea-resources-')));
  return folders.at(-1) as string;
};

async function start(env: Record<string, string> = {}): Promise<Started> {
  const settings = readSettings(
    {
      FOVEA_PORT: '0',
      FOVEA_DEVICE: 'cpu',
      FOVEA_MAX_BYTES: '200KB',
      FOVEA_SEMANTIC_CATALOG: 'false',
      ...env,
      FOVEA_DATA: env['FOVEA_DATA'] ?? (await folder()),
    },
    process.cwd(),
  );
  const warnings: string[] = [];
  const silent = () => undefined;
  const warn = (_details: object, message: string) => void warnings.push(message);
  const log: Log = { debug: silent, info: silent, warn, error: warn };
  const applications = [
    { app: 'library', definitions: [], resources: [shelves] },
    { app: 'other', definitions: [] },
  ];
  const server = await serve(applications, { settings, log });
  return { ...server, engine: server.engine, url: server.url, warnings };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const jsonOf = async <T = Record<string, unknown>>(response: Promise<Response>): Promise<T> =>
  (await (await response).json()) as T;

describe.skipIf(postgresMissing)('a resource over HTTP', () => {
  let server: Started;
  let cat: Uint8Array<ArrayBuffer>;
  let roots: string;
  const call = (method: string, path: string, init: RequestInit = {}) =>
    fetch(`${server.url}/v1/shelves${path}`, { method, signal: AbortSignal.timeout(30_000), ...init });
  const postJson = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    call('POST', path, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  const postForm = (
    path: string,
    entries: readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[],
  ) => {
    const form = new FormData();
    for (const [name, value] of entries)
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, new Blob([value]), `${name}.jpg`);
    return call('POST', path, { body: form });
  };
  const jobEnd = async (id: string): Promise<Job> => {
    const text = await (await fetch(`${server.url}/v1/jobs/${id}/events`)).text();
    return JSON.parse(/event: done\ndata: (.*)\n/.exec(text)?.[1] ?? 'null') as Job;
  };

  beforeAll(async () => {
    cat = new Uint8Array(await readFile(fixture('cat-chelsea.jpg')));
    roots = await folder();
    server = await start({
      FOVEA_DEADLINE_MS: '700',
      FOVEA_IMPORT_ROOTS: roots,
      FOVEA_URL_ALLOW: '127.0.0.0/8',
      FOVEA_JOBS: '1',
    });
  });
  afterAll(async () => {
    release();
    await server?.close();
    for (const path of folders) await rm(path, { recursive: true, force: true });
  });

  describe('queries', () => {
    it('are read as their schema says', async () => {
      expect(await jsonOf(call('GET', '?limit=3&about=42'))).toEqual({ limit: 3, about: '42', files: [] });
      expect(await jsonOf(call('GET', ''))).toEqual({ limit: 5, files: [] });
    });
    it('name every field that is wrong', async () => {
      const response = await call('GET', '?limit=99&colour=red');
      const problem = await jsonOf<Problem>(Promise.resolve(response));
      expect(response.status).toBe(422);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(problem).toMatchObject({
        code: 'INVALID_PARAMETER',
        requestId: response.headers.get('x-request-id'),
      });
      expect(problem.detail).toMatch(/limit.*colour/);
    });
  });

  describe('bodies', () => {
    it('are JSON', async () => {
      const response = await postJson(
        '/7/echo?dry=yes',
        { title: 'Größe', filter: { year: { gte: 3 } } },
        { prefer: 'respond-async' },
      );
      expect(response.status).toBe(201);
      expect(response.headers.get('location')).toBe('/v1/shelves/7');
      expect(await response.json()).toMatchObject({
        body: { title: 'Größe', filter: { year: { gte: 3 } } },
        query: { dry: 'yes' },
        path: { id: '7' },
        wantsJob: true,
        files: [],
      });
    });
    it('are forms: files, params, and fields by their names', async () => {
      const answer = await jsonOf(
        postForm('/7/echo', [
          ['image', cat],
          ['image', cat.slice(0, 10)],
          ['archive', cat.slice(0, 20)],
          ['params', '{"filter": {"place": "Rome"}, "count": 5}'],
          ['title', '12'],
          ['exact', 'true'],
          ['count', '3'],
        ]),
      );
      expect(answer).toMatchObject({
        body: { title: '12', exact: true, count: 5, filter: { place: 'Rome' } },
        files: [
          { field: 'image', name: 'image.jpg', sha256: sha256(cat), bytes: cat.byteLength },
          { field: 'image', bytes: 10, sha256: sha256(cat.slice(0, 10)) },
          { field: 'archive', bytes: 20 },
        ],
        wantsJob: false,
      });
    });
    it('are a picture or a ZIP, with fields in the query', async () => {
      const picture = await jsonOf(
        call('POST', '/7/echo?title=cat&count=2&dry=no', {
          body: cat,
          headers: { 'content-type': 'image/jpeg' },
        }),
      );
      expect(picture).toMatchObject({
        body: { title: 'cat', count: 2 },
        query: { dry: 'no' },
        files: [{ field: 'image', sha256: sha256(cat) }],
      });
      const zip = await jsonOf(
        call('POST', '/7/echo', { body: cat, headers: { 'content-type': 'application/zip' } }),
      );
      expect(zip).toMatchObject({ body: { title: 'untitled' }, files: [{ field: 'archive' }] });
    });
    it('are nothing at all, with fields in the query', async () => {
      expect(await jsonOf(call('POST', '/7/echo?title=nothing'))).toMatchObject({
        body: { title: 'nothing' },
        files: [],
      });
    });
    it('name files by URL and by blob', async () => {
      const site = createServer((_request, response) => response.end(cat)).listen(0, '127.0.0.1');
      await once(site, 'listening');
      const { port } = site.address() as AddressInfo;
      const blob = await jsonOf<{ sha256: string }>(
        fetch(`${server.url}/v1/blobs`, { method: 'POST', body: cat }),
      );
      try {
        const answer = await jsonOf(
          postForm('/7/echo', [
            ['image', `http://127.0.0.1:${port}/cat.jpg`],
            ['archive', blob.sha256],
          ]),
        );
        expect(answer).toMatchObject({
          files: [
            { field: 'image', name: 'cat.jpg', sha256: sha256(cat) },
            { field: 'archive', sha256: sha256(cat) },
          ],
        });
      } finally {
        site.close();
      }
    });
    it('may be a ZIP as large as a form, but no larger picture than any other', async () => {
      const large = new Uint8Array(500_000);
      const send = (type: string) =>
        call('POST', '/7/echo', { body: large, headers: { 'content-type': type } });
      expect((await send('application/zip')).status).toBe(201);
      expect(await jsonOf(send('image/png'))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
      expect(await jsonOf(postForm('/7/echo', [['image', large]]))).toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
      });
      expect((await postForm('/7/echo', [['archive', large]])).status).toBe(201);
    });
  });

  it.each([
    ['no JSON', '{"title"', 'INVALID_REQUEST'],
    ['another type', '[1]', 'INVALID_PARAMETER'],
    ['a wrong value', '{"count": -1, "title": ""}', 'INVALID_PARAMETER'],
    ['an unknown name', '{"tilte": "x"}', 'INVALID_PARAMETER'],
  ])('refuses JSON that is %s', async (_what, body, code) => {
    const problem = await jsonOf<Problem>(postJson('/7/echo', body));
    expect(problem.code).toBe(code);
  });
  it('names the fields of body and query together', async () => {
    const problem = await jsonOf<Problem>(postJson('/7/echo?dry=perhaps', { count: -1, title: '' }));
    expect(problem.errors?.map(({ path }) => path).sort()).toEqual(['count', 'dry', 'title']);
  });
  it('refuses forms with fields that it does not know', async () => {
    for (const entry of [
      ['tilte', 'x'],
      ['title', cat],
      ['params', '[1]'],
    ] as const)
      expect(await jsonOf(postForm('/7/echo', [entry]))).toMatchObject({ code: 'INVALID_REQUEST' });
  });
  it('refuses other kinds of bodies', async () => {
    const problem = await jsonOf<Problem>(
      call('POST', '/7/echo', { body: 'a,b', headers: { 'content-type': 'text/csv' } }),
    );
    expect(problem.code).toBe('UNSUPPORTED_MEDIA');
    expect(problem.hint).toMatch(/application\/zip/);
  });
  it('has room for 64 files', async () => {
    const files = (count: number) =>
      Array.from({ length: count }, (_, index) => ['image', new Uint8Array([index])] as const);
    const answer = await jsonOf<{ files: { sha256: string }[] }>(postForm('/7/echo', files(64)));
    expect(answer.files.map((file) => file.sha256)).toEqual(files(64).map(([, bytes]) => sha256(bytes)));
    expect(await jsonOf(postForm('/7/echo', files(65)))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('answers nothing with 204, and problems as problems', async () => {
    const gone = await call('DELETE', '/7');
    expect([gone.status, await gone.text()]).toEqual([204, '']);
    expect(await jsonOf(call('DELETE', '/none'))).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });
  it('tells a wrong method from a wrong path', async () => {
    expect(await jsonOf(call('PATCH', '/7'))).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      detail: expect.stringContaining('DELETE') as string,
    });
    expect(await jsonOf(call('GET', '/7/nothing'))).toMatchObject({ code: 'NOT_FOUND' });
  });
  it('is behind the gate, and in the metrics and the documentation', async () => {
    const foreign = await call('GET', '', { headers: { origin: 'http://elsewhere.example' } });
    expect(foreign.status).toBe(403);
    await call('DELETE', '/7');
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(
      /fovea_http_requests_total\{method="DELETE",route="\/v1\/shelves\/:id",status="204"\}/,
    );
    const { paths } = await jsonOf<{ paths: Record<string, unknown> }>(fetch(`${server.url}/openapi.json`));
    expect(paths['/v1/shelves/{id}/echo']).toMatchObject({ post: { tags: ['shelves'] } });
  });

  it('gives up when the time is over, also work that does not listen', async () => {
    for (const id of ['slow', 'deaf'])
      expect(await jsonOf(call('POST', `/${id}/wait`))).toMatchObject({
        code: 'DEADLINE_EXCEEDED',
        status: 504,
      });
    expect(seen.aborted).toEqual(['slow', 'deaf']);
  });
  it('stops work that nobody waits for', async () => {
    const controller = new AbortController();
    const asked = call('POST', '/left/wait', { signal: controller.signal }).catch(() => 'left');
    await vi.waitFor(() => expect(seen.waiting).toContain('left'));
    controller.abort();
    expect(await asked).toBe('left');
    await vi.waitFor(() => expect(seen.aborted).toContain('left'), { timeout: 400 });
  });

  it('opens pictures, keeps them, chooses models', async () => {
    const form = postForm('/7/look', [
      ['image', cat],
      ['model', 'efficientnet-lite2'],
    ]);
    expect(await jsonOf(form)).toMatchObject({
      sizes: [{ name: 'image.jpg', width: 451, height: 300, mime: 'image/jpeg', sha256: sha256(cat) }],
      model: 'efficientnet-lite2',
    });
    expect(await jsonOf(postForm('/7/look', [['image', cat.slice(0, 999)]]))).toMatchObject({
      code: 'IMAGE_CORRUPT',
    });
    expect(await jsonOf(postJson('/7/look', { model: 'yolox-nano' }))).toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });
  it('reads folders under FOVEA_IMPORT_ROOTS alone', async () => {
    await mkdir(join(roots, 'b'), { recursive: true });
    await writeFile(join(roots, 'b', '1.jpg'), cat);
    await writeFile(join(roots, 'a.jpg'), 'a');
    expect(await jsonOf(postJson('/7/look', { folder: roots }))).toMatchObject({
      folder: [
        { name: 'a.jpg', sha256: sha256(Buffer.from('a')) },
        { name: 'b/1.jpg', sha256: sha256(cat) },
      ],
    });
    expect(await jsonOf(postJson('/7/look', { folder: tmpdir() }))).toMatchObject({ code: 'FORBIDDEN' });
    await writeFile(join(roots, 'large'), new Uint8Array(300_000));
    expect(await jsonOf(postJson('/7/look', { folder: roots }))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('works as a job', async () => {
    const response = await postJson('/7/fill', { steps: 2 }, { prefer: 'respond-async' });
    const job = await jsonOf<Job>(Promise.resolve(response));
    expect([response.status, response.headers.get('location')]).toEqual([202, `/v1/jobs/${job.id}`]);
    expect(response.headers.get('preference-applied')).toBe('respond-async');
    expect(await jobEnd(job.id)).toMatchObject({
      kind: 'import',
      state: 'completed',
      result: { added: 2 },
      progress: { done: 2, total: 2, unit: 'pictures' },
    });
  });

  it('does recurring work one round after the other, and says an error once', async () => {
    await vi.waitFor(() => expect(seen.ended).toBeGreaterThan(2), { timeout: 5_000 });
    const said = server.warnings.filter((message) => message.includes('broom'));
    expect(said.length).toBeGreaterThan(0);
    expect(seen.mostAtOnce).toBe(1);
    expect(server.warnings.join()).not.toContain('not asked for');
  });

  it('goes on after a restart with what was done; recurring work has stopped in between', async () => {
    seen.steps.length = 0;
    void hold();
    const { id } = await jsonOf<Job>(postJson('/7/fill', { steps: 4 }));
    await vi.waitFor(() => expect(seen.steps).toEqual([0, 1]), { timeout: 5_000 });
    const { dataDir } = server.engine.settings;
    await server.close();
    release();
    const { rounds } = seen;
    expect(seen.roundsAtOnce).toBe(0);
    server = await start({ FOVEA_DATA: dataDir, FOVEA_JOBS: '0' });
    expect([seen.rounds, seen.steps]).toEqual([rounds, [0, 1]]);
    await server.close();
    server = await start({ FOVEA_DATA: dataDir });
    expect(await jobEnd(id)).toMatchObject({ state: 'completed', attempts: 2, result: { added: 4 } });
    expect(seen.steps).toEqual([0, 1, 2, 3]);
  });

  it('is forwarded to the service that has it, with bodies, problems and answers as they are', async () => {
    const { url, close } = await start({
      FOVEA_REMOTE_APPS: `library=${server.url}`,
      DATABASE_URL: server.engine.needCatalog().databaseUrl,
    });
    try {
      const form = new FormData();
      form.append('image', new Blob([cat]), 'cat.jpg');
      form.append('title', 'far away');
      const sent = await fetch(`${url}/v1/shelves/7/echo?dry=yes`, { method: 'POST', body: form });
      expect([sent.status, sent.headers.get('location')]).toEqual([201, '/v1/shelves/7']);
      expect(await sent.json()).toMatchObject({
        body: { title: 'far away' },
        query: { dry: 'yes' },
        files: [{ field: 'image', sha256: sha256(cat) }],
      });
      const refused = await fetch(`${url}/v1/shelves?limit=99`);
      expect([refused.status, refused.headers.get('content-type')]).toEqual([
        422,
        'application/problem+json; charset=utf-8',
      ]);
      expect((await fetch(`${url}/v1/shelves/7`, { method: 'DELETE' })).status).toBe(204);
      await server.close();
      const problem = await jsonOf<Problem>(fetch(`${url}/v1/shelves`));
      expect(problem).toMatchObject({
        code: 'MODEL_FAILED',
        detail: expect.stringContaining(server.url) as string,
      });
    } finally {
      await close();
    }
  });
  it('says of a resource that is not served here that it could be', async () => {
    server = await start({ FOVEA_APPS: 'other' });
    for (const path of ['', '/7/echo'])
      expect(await jsonOf(call('GET', path))).toMatchObject({
        code: 'NOT_IMPLEMENTED',
        hint: expect.stringContaining('FOVEA_APPS') as string,
      });
  });
  it('is not there to search runs by meaning, where none says that it can', async () => {
    const about = (query: string) => fetch(`${server.url}/v1/runs?${query}`);
    expect(await jsonOf(about('about=a+cat'))).toMatchObject({ code: 'NOT_IMPLEMENTED' });
    expect(await jsonOf(about('limit=1'))).toEqual({ items: [], nextCursor: null, altTexts: {} });
    expect(await jsonOf(fetch(`${server.url}/v1/runs/export?format=csv&about=a+cat`))).toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });
});
