import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VisionError, type ClientToServer, type ServerToClient } from '@fovea/contracts';
import { Server } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fovea, type FoveaSocket } from './index.ts';

let io: Server<ClientToServer, ServerToClient>;
let baseUrl = '';
let socket: FoveaSocket;
type Run = ClientToServer['run'];
let onRun: Run;

const answer = { run: { id: '1' }, inputs: {}, result: { kind: 'labels', labels: [] }, links: {} };
const picture = new Uint8Array([1, 2, 3]);
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => error,
  );

beforeEach(async () => {
  const http = createServer();
  io = new Server(http);
  io.on('connection', (client) => client.on('run', (...args) => onRun(...args)));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  socket = await new Fovea({ baseUrl }).connect();
});
afterEach(async () => {
  socket.close();
  await io.close();
});

describe('a socket', () => {
  it('runs a task on bytes', async () => {
    const seen: unknown[] = [];
    onRun = (request, inputs, acknowledge) => {
      seen.push(request, new Uint8Array(inputs as Uint8Array));
      acknowledge(answer as never);
    };
    expect(await socket.run('classification', picture, { topK: 2 }, { model: 'm', store: false })).toEqual(
      answer,
    );
    expect(seen).toEqual([
      { task: 'classification', params: { topK: 2 }, model: 'm', store: false },
      picture,
    ]);
  });

  it('rejects with the problem of an answer', async () => {
    onRun = (_request, _inputs, acknowledge) =>
      acknowledge(new VisionError('IMAGE_CORRUPT', 'cut short').toProblem('id-7'));
    expect(await caught(socket.run('classification', picture))).toMatchObject({
      code: 'IMAGE_CORRUPT',
      requestId: 'id-7',
    });
  });

  it('hands on partial results to the run that they are of', async () => {
    const partials: unknown[] = [];
    const acknowledged: (() => void)[] = [];
    onRun = ({ task, id = '' }, _inputs, acknowledge) => {
      acknowledged.push(() => {
        io.emit('run:partial', { task, id, result: { text: `of ${id}` } });
        io.emit('run:partial', { task, result: { text: 'of nobody' } });
        acknowledge(answer as never);
      });
      if (acknowledged.length === 2) for (const one of acknowledged.toReversed()) one();
    };
    const run = (name: string) =>
      socket.run('caption', picture, {}, { onPartial: (partial) => partials.push([name, partial]) });
    await Promise.all([run('first'), run('second')]);
    expect(partials).toEqual([
      ['second', { text: 'of 2' }],
      ['first', { text: 'of 1' }],
    ]);
  });

  it('stops waiting on abort and goes on with the next run', async () => {
    const controller = new AbortController();
    onRun = () => controller.abort(new Error('too late'));
    expect(await caught(socket.run('classification', picture, {}, { signal: controller.signal }))).toBe(
      controller.signal.reason,
    );
    onRun = (_request, _inputs, acknowledge) => acknowledge(answer as never);
    expect(await socket.run('classification', picture)).toEqual(answer);
  });

  it('fails what waits when the connection breaks, and what is run afterwards', async () => {
    onRun = () => io.disconnectSockets(true);
    expect(await caught(socket.run('classification', picture))).toMatchObject({
      name: 'ConnectionError',
      code: 'UNREACHABLE',
    });
    socket.close();
    expect(socket.connected).toBe(false);
    expect(await caught(socket.run('classification', picture))).toMatchObject({ code: 'UNREACHABLE' });
  });

  it('ends a wait after timeoutMs', async () => {
    onRun = () => undefined;
    const impatient = await new Fovea({ baseUrl, timeoutMs: 300 }).connect();
    expect(await caught(impatient.run('classification', picture))).toMatchObject({ code: 'TIMEOUT' });
    impatient.close();
  });
});

describe('connecting', () => {
  it('sends the key', async () => {
    const seen: unknown[] = [];
    io.use((client, next) => {
      seen.push(client.handshake.auth, client.handshake.headers.authorization);
      next();
    });
    (await new Fovea({ baseUrl, apiKey: 'secret' }).connect()).close();
    expect(seen).toEqual([{ token: 'secret' }, 'Bearer secret']);
  });

  it('says why it was refused', async () => {
    io.use((_client, next) => {
      const refusal = Object.assign(new Error('no key'), {
        data: new VisionError('UNAUTHENTICATED', 'no key').toProblem('id'),
      });
      next(refusal);
    });
    expect(await caught(new Fovea({ baseUrl }).connect())).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('says where nobody listens', async () => {
    const error = await caught(new Fovea({ baseUrl: 'http://127.0.0.1:1' }).connect());
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      url: 'http://127.0.0.1:1',
      hint: expect.stringContaining('npm start') as string,
    });
  });
});
