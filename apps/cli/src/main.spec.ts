import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

// The process as a user meets it: exit codes, signals, pipes; the server is a small one made here.

const TASKS = {
  items: [
    {
      task: 'classification',
      inputs: [{ name: 'image', media: 'image', min: 1, max: 1 }],
      models: [],
      params: { properties: { topK: { type: 'integer', minimum: 1 } } },
    },
    {
      task: 'embedding',
      inputs: [{ name: 'image', media: 'image', min: 0, max: 1 }],
      models: [],
      params: { properties: { text: { type: 'string' } } },
    },
  ],
};
const ENVELOPE = {
  run: {
    id: 'r',
    task: 'classification',
    models: [],
    device: 'cpu',
    timings: { totalMs: 1, inferenceMs: 1 },
  },
  inputs: {},
  result: { kind: 'labels', labels: [{ label: 'tabby', classId: 281, score: 0.5 }] },
  links: {},
};

let server: Server;
let folder = '';
let address = '';
let onRun: (request: IncomingMessage, response: ServerResponse) => void;
let child: ChildProcess | undefined;

const answer = (_request: IncomingMessage, response: ServerResponse) =>
  void response.end(JSON.stringify(ENVELOPE));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-main-'));
  for (let count = 10; count < 30; count++) writeFileSync(join(folder, `${count}.jpg`), String(count));
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/v1/tasks') response.end(JSON.stringify(TASKS));
    else onRun(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => child?.kill('SIGKILL'));
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function start(...args: string[]): ChildProcess {
  const code = `const { main } = await import(${JSON.stringify(new URL('main.ts', import.meta.url).href)}); await main({ cwd: process.cwd() });`;
  const node = ['--conditions=source', '--input-type=module', '-e', code, '--', 'fovea'];
  child = spawn(process.execPath, [...node, ...args], {
    cwd: folder,
    // Colours are asked for, and must not come: nobody watches a pipe.
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color' },
  });
  child.stdin?.end();
  return child;
}

async function call(...args: string[]) {
  const running = start(...args);
  const [[code], out, err] = await Promise.all([
    once(running, 'exit') as Promise<[number]>,
    text(running.stdout as NodeJS.ReadableStream),
    text(running.stderr as NodeJS.ReadableStream),
  ]);
  return { code, out, err };
}

describe('the process', { timeout: 30_000 }, () => {
  it('exits with 0 and plain text in a pipe', async () => {
    onRun = answer;
    const { code, out, err } = await call('run', 'classification', '10.jpg', '11.jpg', '--server', address);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '10.jpg  tabby 50.0 %\n11.jpg  tabby 50.0 %\n',
      err: '',
    });
  });

  it('runs without a file where the input may be left out, and draws on none', async () => {
    const sent: string[] = [];
    onRun = (request, response) =>
      void text(request).then((body) => {
        sent.push(body);
        answer(request, response);
      });
    const ran = await call('run', 'embedding', '--text', 'a dog', '--server', address);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(sent.map((body) => JSON.parse(body) as unknown)).toEqual([{ params: { text: 'a dog' } }]);
    const drawn = await call('run', 'embedding', '--text', 'a', '--overlay', 'a.png', '--server', address);
    expect(drawn).toMatchObject({ code: 2, err: expect.stringContaining('none was given') as string });
    expect(sent).toHaveLength(1);
  });

  it('exits with 1 where a picture fails, with 2 where the command line is wrong', async () => {
    onRun = answer;
    expect(await call('run', 'classification', 'nope.jpg', '--server', address)).toEqual({
      code: 1,
      out: '',
      err: 'nope.jpg: no such file\n',
    });
    const wrong = await call('run', 'classification', '10.jpg', '--topk', '3', '--server', address);
    expect(wrong).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('Did you mean --top-k?') as string,
    });
  });

  it('exits with 1 and says so where no server answers', async () => {
    const { code, err } = await call('run', 'classification', '10.jpg', '--server', '127.0.0.1:1');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: No Fovea server answers at http:\/\/127\.0\.0\.1:1 \(.+\)\n {2}Start one with `npm start`/,
    );
  });

  it('exits with 130 on Ctrl-C, and cancels what the server does', async () => {
    const cancelled = new Promise<void>((resolve) => {
      onRun = (_request, response) => {
        response.once('close', resolve);
        child?.kill('SIGINT');
      };
    });
    expect(await call('run', 'classification', '10.jpg', '--server', address)).toEqual({
      code: 130,
      out: '',
      err: '',
    });
    await cancelled;
  });

  it('ends quietly when its reader leaves', async () => {
    onRun = answer;
    const running = start('run', 'classification', '.', '--json', '--server', address);
    const errors = text(running.stderr as NodeJS.ReadableStream);
    // Closed before the first line is written: every write fails.
    running.stdout?.destroy();
    const [code] = (await once(running, 'exit')) as [number];
    expect({ code, err: await errors }).toEqual({ code: 0, err: '' });
  });
});
