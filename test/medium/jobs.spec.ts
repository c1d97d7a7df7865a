import type {
  BatchEnvelope,
  ClientToServer,
  Job,
  JobPage,
  Problem,
  RunEnvelope,
  ServerToClient,
} from '@fovea/contracts';
import { Fovea } from '@fovea/sdk';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMissing, query } from './postgres.ts';
import { startServer, type TestServer } from './server.ts';

const TASK = 'classification';
const MODEL = 'efficientnet-lite0';
let server: TestServer;
let cat: Uint8Array<ArrayBuffer>;
let coffee: Uint8Array<ArrayBuffer>;

const api = (path: string, init: RequestInit = {}) =>
  fetch(`${server.url}${path}`, { signal: AbortSignal.timeout(60_000), ...init });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  api(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
const jsonOf = async <T>(response: Response | Promise<Response>): Promise<T> =>
  (await (await response).json()) as T;
const base64 = (bytes: Uint8Array) => ({ base64: Buffer.from(bytes).toString('base64') });
const submit = (body: object = {}, headers = {}) =>
  post('/v1/jobs', { task: TASK, model: MODEL, input: base64(cat), ...body }, headers);

/** Everything that the stream of a job says, until it ends. */
async function events(id: string): Promise<{ event: string; data: Job }[]> {
  const text = await (await api(`/v1/jobs/${id}/events`)).text();
  return [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event = '', data = '']) => ({
    event,
    data: JSON.parse(data) as Job,
  }));
}
const finished = async (id: string): Promise<Job> => (await events(id)).at(-1)?.data as Job;

beforeAll(async () => {
  cat = new Uint8Array(await readFile(fixture('cat-chelsea.jpg')));
  coffee = new Uint8Array(await readFile(fixture('coffee.jpg')));
});

describe.skipIf(postgresMissing)('jobs over HTTP', () => {
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.end());

  it('runs a task, and answers what the request would have answered', async () => {
    const response = await submit({ params: { topK: 3 } });
    const job = await jsonOf<Job>(response);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ kind: 'run', task: TASK, state: 'queued', result: null, attempts: 0 });
    const done = await finished(job.id);
    expect(done).toMatchObject({ state: 'completed', error: null, attempts: 1 });
    const { run, result, links } = done.result as RunEnvelope;
    expect(result).toMatchObject({ kind: 'labels', labels: { length: 3 } });
    expect(await jsonOf(api(`/v1/runs/${run.id}`))).toEqual(done.result);
    expect((await api(links.input as string)).headers.get('content-type')).toBe('image/jpeg');
    expect(await jsonOf(api(`/v1/jobs/${job.id}`))).toEqual(done);
  });

  it('runs a batch with progress; a bad picture fails alone', async () => {
    const form = new FormData();
    for (const picture of [cat, new Uint8Array([1, 2, 3]), coffee])
      form.append('image', new Blob([picture]), 'picture.jpg');
    form.append('model', MODEL);
    const response = await api(`/v1/tasks/${TASK}`, {
      method: 'POST',
      body: form,
      headers: { prefer: 'respond-async' },
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('respond-async');
    const told = await events((await jsonOf<Job>(response)).id);
    expect(told.map(({ event }) => event)).toEqual([...told.slice(1).map(() => 'progress'), 'done']);
    const { result, progress } = told.at(-1)?.data as Job;
    expect(progress).toMatchObject({ done: 3, total: 3, unit: 'images', etaMs: 0 });
    const { runs } = result as BatchEnvelope;
    expect(runs.map((one) => ('code' in one ? one.code : one.result.kind))).toEqual([
      'labels',
      'IMAGE_CORRUPT',
      'labels',
    ]);
  });

  it('takes every form of body with respond-async', async () => {
    const raw = await api(`/v1/tasks/${TASK}?model=${MODEL}&topK=2`, {
      method: 'POST',
      body: cat,
      headers: { 'content-type': 'image/jpeg', prefer: 'wait=5, respond-async' },
    });
    const json = await post(
      `/v1/tasks/${TASK}`,
      { input: base64(cat), params: { topK: 2 }, model: MODEL },
      { prefer: 'respond-async' },
    );
    for (const response of [raw, json]) {
      expect(response.status).toBe(202);
      const { result } = await finished((await jsonOf<Job>(response)).id);
      expect((result as RunEnvelope).run.params).toMatchObject({ topK: 2 });
    }
  });

  it('says at once what is wrong with a request', async () => {
    for (const [body, status] of [
      [{ task: 'nothing' }, 400],
      [{ input: base64(cat), unknown: 1, task: TASK }, 400],
      [{ task: TASK }, 400],
      [{ task: TASK, input: base64(cat), params: { topK: -1 } }, 422],
      [{ task: TASK, input: base64(cat), model: 'no-such-model' }, 422],
      [{ task: TASK, input: { blob: 'a'.repeat(64) } }, 404],
    ] as const)
      expect((await post('/v1/jobs', body)).status, JSON.stringify(body).slice(0, 80)).toBe(status);
  });

  it('fails at once where the input is at fault', async () => {
    const job = await finished((await jsonOf<Job>(submit({ input: base64(new Uint8Array([1, 2])) }))).id);
    expect(job).toMatchObject({ state: 'failed', attempts: 1, result: null });
    expect(job.error).toMatchObject({ code: 'IMAGE_CORRUPT', requestId: job.id });
  });

  it('makes one job of an Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'the-same' };
    const jobs = await Promise.all([1, 2, 3].map(() => jsonOf<Job>(submit({}, key))));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    expect((await submit({ params: { topK: 1 } }, key)).status).toBe(409);
    const { result } = await finished(jobs[0]?.id as string);
    expect(await jsonOf(submit({}, key))).toMatchObject({ id: jobs[0]?.id, result });
  });

  it('keeps nothing with store=false but the answer', async () => {
    const before = await server.engine.needCatalog().stats();
    const response = await api(`/v1/tasks/${TASK}?model=${MODEL}&store=false`, {
      method: 'POST',
      body: await readFile(fixture('astronaut.jpg')),
      headers: { 'content-type': 'image/jpeg', prefer: 'respond-async' },
    });
    const { state, result, request } = await finished((await jsonOf<Job>(response)).id);
    expect(state).toBe('completed');
    expect((result as RunEnvelope).links).toEqual({});
    expect((await server.engine.needCatalog().stats()).runs).toBe(before.runs);
    const [input] = (request['inputs'] as { image: { blob: string }[] }).image;
    expect((await api(`/v1/blobs/${input?.blob}`)).status).toBe(404);
  });

  it('lists, filters and pages', async () => {
    const { items } = await jsonOf<JobPage>(api('/v1/jobs?limit=200'));
    expect(items.length).toBeGreaterThan(4);
    const paged: Job[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: JobPage = await jsonOf(api(`/v1/jobs?limit=2${cursor ? `&cursor=${cursor}` : ''}`));
      paged.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(paged.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    const failed = await jsonOf<JobPage>(api('/v1/jobs?state=failed&kind=run'));
    expect(failed.items.map(({ state }) => state)).toEqual(failed.items.map(() => 'failed'));
    expect(failed.items.length).toBeGreaterThan(0);
    expect((await jsonOf<JobPage>(api('/v1/jobs?task=pose'))).items).toEqual([]);
    for (const query of ['state=unknown', 'cursor=wrong', 'nothing=1'])
      expect((await api(`/v1/jobs?${query}`)).status, query).toBe(422);
  });

  it('does not know wrong ids', async () => {
    for (const id of ['x', '00000000-0000-7000-8000-000000000000'])
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/events'],
        ['DELETE', ''],
        ['POST', '/retry'],
      ] as const) {
        const response = await api(`/v1/jobs/${id}${path}`, { method });
        expect(response.status, `${method} ${id}${path}`).toBe(404);
        expect(await jsonOf<Problem>(response)).toMatchObject({ code: 'NOT_FOUND' });
      }
  });

  it('shows nobody the jobs of another', async () => {
    const jobs = server.engine.needJobs();
    const { items } = await jobs.list('local');
    const { id } = items.find(({ state }) => state === 'failed') as Job;
    for (const refused of [
      () => jobs.get('other', id),
      () => jobs.cancel('other', id),
      () => jobs.retry('other', id),
      () => jobs.delete('other', id),
    ])
      await expect(refused()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await jobs.list('other')).items).toEqual([]);
    expect(await new Promise((resolve) => jobs.watch('other', id, resolve))).toEqual({ type: 'end' });
    expect(await jobs.get('local', id)).toMatchObject({ state: 'failed' });
  });

  it('cancels what runs; a retry goes on where it was', async () => {
    const pictures = 40;
    const job = await jsonOf<Job>(submit({ input: Array.from({ length: pictures }, () => base64(cat)) }));
    const stream = await api(`/v1/jobs/${job.id}/events`);
    let text = '';
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (/"done":[1-9]/.test(text)) break; // closes the stream
    }
    const response = await api(`/v1/jobs/${job.id}`, { method: 'DELETE' });
    expect(response.status).toBe(200);
    expect(await jsonOf<Job>(response)).toMatchObject({ state: 'cancelled', result: null });
    expect((await events(job.id)).map(({ event }) => event)).toEqual(['done']);
    const before = (await server.engine.needCatalog().jobs.steps(job.id)).size;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(pictures);

    expect((await api(`/v1/jobs/${job.id}/retry`, { method: 'POST' })).status).toBe(202);
    const done = await finished(job.id);
    expect(done).toMatchObject({ state: 'completed', attempts: 2 });
    const { runs } = done.result as BatchEnvelope;
    const ids = runs.map((one) => (one as RunEnvelope).run.id);
    expect(new Set(ids).size).toBe(pictures);
    expect((await server.engine.needCatalog().jobs.steps(job.id)).size).toBe(0);
    const again = await api(`/v1/jobs/${job.id}/retry`, { method: 'POST' });
    expect([again.status, (await jsonOf<Problem>(again)).code]).toEqual([409, 'CONFLICT']);
  });

  it('removes what has ended; its runs stay', async () => {
    const job = await jsonOf<Job>(submit());
    const { result } = await finished(job.id);
    expect((await api(`/v1/jobs/${job.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await api(`/v1/jobs/${job.id}`)).status).toBe(404);
    expect((await api(`/v1/runs/${(result as RunEnvelope).run.id}`)).status).toBe(200);
  });

  it('tells sockets', async () => {
    const socket: Socket<ServerToClient, ClientToServer> = io(server.url, { transports: ['websocket'] });
    try {
      const done = new Promise<Job>((resolve) => socket.once('job:done', resolve));
      const states: string[] = [];
      socket.on('job:progress', ({ state }) => states.push(state));
      const { id } = await jsonOf<Job>(submit());
      const watch = (request: { id: string }) =>
        new Promise<Job | Problem>((resolve) => socket.emit('job:watch', request, resolve));
      expect(await watch({ id })).toMatchObject({ id });
      expect(await done).toMatchObject({ id, state: 'completed' });
      expect(await watch({ id: 'wrong' })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await watch({} as { id: string })).toMatchObject({ code: 'INVALID_REQUEST' });
    } finally {
      socket.close();
    }
  });

  it('is used through the SDK', async () => {
    const { jobs } = new Fovea({ baseUrl: server.url });
    const { id } = await jobs.submit(
      TASK,
      [cat, coffee],
      { topK: 1 },
      { model: MODEL, idempotencyKey: 'sdk' },
    );
    const dones: number[] = [];
    const job = await jobs.wait(id, { onProgress: ({ progress }) => dones.push(progress.done) });
    expect(job.state).toBe('completed');
    expect((job.result as BatchEnvelope).runs).toHaveLength(2);
    expect(dones.length).toBeGreaterThan(0);
    expect(await jobs.get(id)).toEqual(job);
    expect((await jobs.list({ limit: 1 })).items[0]?.id).toBe(id);
    await expect(jobs.retry(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await jobs.cancel(id)).toBeNull();
    await expect(jobs.wait(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('counts jobs by state', async () => {
    const text = await (await api('/metrics')).text();
    const { items } = await jsonOf<JobPage>(api('/v1/jobs?limit=200&state=completed'));
    expect(text).toContain(`fovea_jobs{state="completed"} ${items.length}`);
    expect(text).toContain('fovea_jobs{state="active"} 0');
  });
});

describe.skipIf(postgresMissing)('a server that works on no jobs', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'fovea-jobs-'));
    server = await startServer({ FOVEA_JOBS: '0', FOVEA_KEEP_INPUTS: 'false' }, dataDir);
  });
  afterAll(async () => {
    await server.end();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('keeps them; cancelling, retrying and removing work all the same', async () => {
    const { id } = await jsonOf<Job>(submit());
    expect(await jsonOf(api(`/v1/jobs/${id}`))).toMatchObject({ state: 'queued', attempts: 0 });
    expect((await api(`/v1/jobs/${id}/retry`, { method: 'POST' })).status).toBe(409);
    expect((await api(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await events(id)).at(-1)?.data).toMatchObject({ state: 'cancelled', attempts: 0 });
    expect((await api(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(204);
  });

  it('ends the watches of clients that leave', async () => {
    const { id } = await jsonOf<Job>(submit());
    const leave = new AbortController();
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => api(`/v1/jobs/${id}/events`, { signal: leave.signal })),
    );
    const jobs = server.engine.needJobs();
    expect(jobs.watched).toBe(1);
    leave.abort();
    await expect.poll(() => jobs.watched).toBe(0);
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  });

  it('ends streams when it stops; the next start works on what waits, without keeping its inputs', async () => {
    const { items } = await jsonOf<JobPage>(api('/v1/jobs?state=queued'));
    const { id } = items[0] as Job;
    const stream = events(id);
    await expect.poll(() => server.engine.needJobs().watched).toBe(1);
    await server.close();
    expect((await stream).map(({ event }) => event)).toEqual(['progress']);
    server = await startServer({ FOVEA_KEEP_INPUTS: 'false' }, dataDir);
    const { state, request } = await finished(id);
    expect(state).toBe('completed');
    const [input] = (request['inputs'] as { image: { blob: string }[] }).image;
    expect((await api(`/v1/blobs/${input?.blob}`)).status).toBe(404);
  });

  it('keeps the inputs of a job that waits, whatever is collected', async () => {
    await server.close();
    server = await startServer({ FOVEA_JOBS: '0' }, dataDir);
    const { id } = await jsonOf<Job>(submit({ input: base64(coffee) }));
    const catalog = server.engine.needCatalog();
    await catalog.gc({ graceMs: 0 });
    await server.close();
    server = await startServer({}, dataDir);
    expect(await finished(id)).toMatchObject({ state: 'completed' });
  });

  it('fails a job whose process ended three times', async () => {
    await server.close();
    server = await startServer({ FOVEA_JOBS: '0' }, dataDir);
    const { id } = await jsonOf<Job>(submit());
    const { databaseUrl } = server.engine.needCatalog();
    // As three ended processes leave it: begun three times, never ended.
    await query(
      databaseUrl,
      `UPDATE fovea_jobs.job SET state = 'active', retry_count = retry_limit, started_on = now(), heartbeat_on = now() WHERE id = $1`,
      [id],
    );
    await query(databaseUrl, `UPDATE jobs SET state = 'active', attempts = 3 WHERE id = $1`, [id]);
    await server.close();
    server = await startServer({}, dataDir);
    const job = await finished(id);
    expect(job).toMatchObject({ state: 'failed', attempts: 3, error: { code: 'INTERNAL' } });
    expect(job.error?.detail).toMatch(/ended 3 times/);
    expect((await api(`/v1/jobs/${id}/retry`, { method: 'POST' })).status).toBe(202);
    expect(await finished(id)).toMatchObject({ state: 'completed', attempts: 4 });
  });

  it('finds rows that never reached the queue', async () => {
    await server.close();
    server = await startServer({ FOVEA_JOBS: '0' }, dataDir);
    const { id } = await jsonOf<Job>(submit());
    await query(server.engine.needCatalog().databaseUrl, 'DELETE FROM fovea_jobs.job WHERE id = $1', [id]);
    await server.close();
    server = await startServer({}, dataDir);
    expect(await finished(id)).toMatchObject({ state: 'completed', attempts: 1 });
  });
});
