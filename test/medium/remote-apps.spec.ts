import type { Job, Problem, RunEnvelope, TaskList } from '@fovea/contracts';
import { Fovea } from '@fovea/sdk';
import { fixture } from '@fovea/testing';
import { readFile } from 'node:fs/promises';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.ts';

const KEY = 'a key that both servers share';
const TASK = '/v1/tasks/classification?model=efficientnet-lite0';
let service: TestServer;
let platform: TestServer;
let picture: Uint8Array<ArrayBuffer>;

// The service that executes a run records it; the platform forwards. Both have the key and one database.
beforeAll(async () => {
  picture = new Uint8Array(await readFile(fixture('cat-chelsea.jpg')));
  service = await startServer({ FOVEA_API_KEY: KEY, FOVEA_APPS: 'classification', FOVEA_JOBS: '0' });
  platform = await startServer({
    FOVEA_API_KEY: KEY,
    FOVEA_APPS: 'classification',
    FOVEA_REMOTE_APPS: `classification=${service.url}`,
    DATABASE_URL: (service.engine.catalog as NonNullable<typeof service.engine.catalog>).databaseUrl,
  });
});
afterAll(async () => {
  await platform?.end();
  await service?.end();
});

const classify = (
  server: TestServer,
  headers: Record<string, string> = { authorization: `Bearer ${KEY}` },
  body: BodyInit = picture,
) =>
  fetch(server.url + TASK, { method: 'POST', body, headers: { 'content-type': 'image/jpeg', ...headers } });

describe('FOVEA_REMOTE_APPS', () => {
  it('forwards a run to the service, which records it once', async () => {
    const response = await classify(platform);
    const { run, result } = (await response.json()) as RunEnvelope;
    expect(result).toMatchObject({
      kind: 'labels',
      labels: expect.arrayContaining([
        expect.objectContaining({ label: expect.stringMatching(/cat|tabby/i) as string }),
      ]) as unknown,
    });
    for (const server of [service, platform]) {
      const found = await fetch(`${server.url}/v1/runs/${run.id}`, {
        headers: { authorization: `Bearer ${KEY}` },
      });
      expect(found.status).toBe(200);
    }
    expect(platform.engine.inference.stats().hosts.flatMap(({ models }) => models)).toEqual([]);
  });
  it('works on jobs itself, and forwards their runs', async () => {
    const response = await classify(platform, { authorization: `Bearer ${KEY}`, prefer: 'respond-async' });
    const { id } = (await response.json()) as Job;
    const { jobs } = new Fovea({ baseUrl: platform.url, apiKey: KEY });
    const job = await jobs.wait(id);
    expect(job).toMatchObject({ state: 'completed', result: { result: { kind: 'labels' } } });
  });
  it('hands problems on', async () => {
    const response = await classify(platform, undefined, 'no picture');
    expect(await response.json()).toMatchObject({ code: 'UNSUPPORTED_MEDIA' });
  });
  it('answers a repeated Idempotency-Key with the same run', async () => {
    const headers = { authorization: `Bearer ${KEY}`, 'idempotency-key': 'remote-once' };
    const ids = [];
    for (let i = 0; i < 2; i++)
      ids.push(((await (await classify(platform, headers)).json()) as RunEnvelope).run.id);
    expect(ids[0]).toBe(ids[1]);
  });
  it('says where a task is', async () => {
    const tasks = (await (
      await fetch(`${platform.url}/v1/tasks`, { headers: { authorization: `Bearer ${KEY}` } })
    ).json()) as TaskList;
    expect(tasks.items[0]?.remote).toBe(service.url);
  });
  it('says MODEL_FAILED and where, when the service is gone', async () => {
    const lonely = await startServer({ FOVEA_REMOTE_APPS: 'classification=http://127.0.0.1:9' });
    const problem = (await (await classify(lonely, {})).json()) as Problem;
    await lonely.end();
    expect(problem).toMatchObject({
      code: 'MODEL_FAILED',
      detail: expect.stringContaining('http://127.0.0.1:9') as string,
    });
  });
});

describe('FOVEA_API_KEY', () => {
  it('is asked for by everything but health and the page', async () => {
    expect((await classify(service, {})).status).toBe(401);
    expect((await classify(service, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await fetch(`${service.url}/v1/runs`)).status).toBe(401);
    expect((await fetch(`${service.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${service.url}/v1/health/ready`)).status).toBe(200);
  });
  it('is asked for by the socket', async () => {
    const refused = io(service.url, { transports: ['websocket'], reconnection: false });
    const error = await new Promise<Error & { data?: Problem }>((resolve) =>
      refused.on('connect_error', resolve),
    );
    refused.close();
    expect(error.data?.code).toBe('UNAUTHENTICATED');
    const admitted = io(service.url, { transports: ['websocket'], auth: { token: KEY } });
    const answer: unknown = await admitted.emitWithAck(
      'run',
      { task: 'classification', store: false },
      Buffer.from(picture),
    );
    admitted.close();
    expect(answer).toMatchObject({ result: { kind: 'labels' } });
  });
});
