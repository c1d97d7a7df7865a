import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { matmulModel, tinyStore, type TinyStore } from '@fovea/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelStore, type StoreOptions } from './model-store.ts';
import type { PullProgress } from './types.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const bytes = matmulModel({ size: 128 });
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that behaves as each test wants; it remembers the Range headers. */
class Source {
  readonly ranges: (string | undefined)[] = [];
  handler: Handler = (request, response) => respond(request, response);
  readonly #server = createServer((request, response) => {
    this.ranges.push(request.headers.range);
    this.handler(request, response);
  });
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers as a good server does. */
function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: { body?: Uint8Array; ignoreRange?: boolean } = {},
): void {
  const { body = bytes, ignoreRange = false } = options;
  const from = ignoreRange ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const rest = body.subarray(from);
  if (from > 0)
    response.writeHead(206, {
      'content-range': `bytes ${from}-${body.length - 1}/${body.length}`,
      'content-length': rest.length,
    });
  else response.writeHead(200, { 'content-length': rest.length });
  response.end(rest);
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (found) => found.size,
    () => 0,
  );

/** Sends some bytes and drops the connection as soon as they are on disk. */
async function cut(request: IncomingMessage, response: ServerResponse, count: number): Promise<void> {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(206, {
    'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    'content-length': bytes.length - from,
  });
  response.write(bytes.subarray(from, from + count));
  await vi.waitFor(async () => expect(await sizeOf(`${target()}.part`)).toBe(from + count));
  response.destroy();
}

let source: Source;
let url: string;
let folders: TinyStore;
const open = (options: Partial<StoreOptions> = {}) =>
  ModelStore.open({ ...folders, licences: 'all', log, ...options });
const target = () => join(folders.dataDir, 'models', 'far.onnx');

beforeEach(async () => {
  source = new Source();
  url = await source.listen();
  folders = await tinyStore({ far: [bytes, { source: { type: 'url', url: `${url}/far.onnx` } }] });
});
afterEach(async () => {
  await source.close();
  await folders.remove();
});

describe('pull', () => {
  it('fetches, verifies and renames; the model can be used then', async () => {
    const store = await open();
    expect(() => store.usable('far')).toThrow(
      expect.objectContaining({
        code: 'MODEL_MISSING',
        hint: expect.stringContaining('npm run fovea -- models pull far') as string,
      }) as Error,
    );
    const seen: PullProgress[] = [];
    await store.pull('far', { onProgress: (progress) => seen.push(progress) });
    expect(Buffer.compare(await readFile(target()), bytes)).toBe(0);
    expect(existsSync(`${target()}.part`)).toBe(false);
    expect(seen.at(-1)).toEqual({ doneBytes: bytes.length, totalBytes: bytes.length });
    expect((await store.prepare('far')).path).toBe(target());
    await store.pull('far');
    expect(source.ranges).toHaveLength(1);
  });

  it('resumes where a cut connection stopped', async () => {
    let cuts = 0;
    source.handler = (request, response) => {
      if (cuts++ < 2) void cut(request, response, 20_000);
      else respond(request, response);
    };
    const store = await open();
    await store.pull('far');
    expect(Buffer.compare(await readFile(target()), bytes)).toBe(0);
    expect(source.ranges).toEqual([undefined, 'bytes=20000-', 'bytes=40000-']);
  });

  it('resumes the .part file of an earlier process', async () => {
    await mkdir(join(folders.dataDir, 'models'), { recursive: true });
    await writeFile(`${target()}.part`, bytes.subarray(0, 1000));
    await (await open()).pull('far');
    expect(source.ranges).toEqual(['bytes=1000-']);
  });

  it('starts again where the server ignores Range', async () => {
    await mkdir(join(folders.dataDir, 'models'), { recursive: true });
    await writeFile(`${target()}.part`, bytes.subarray(0, 1000));
    source.handler = (request, response) => respond(request, response, { ignoreRange: true });
    await (await open()).pull('far');
    expect(Buffer.compare(await readFile(target()), bytes)).toBe(0);
  });

  it('throws wrong bytes away and names both hashes', async () => {
    source.handler = (request, response) =>
      respond(request, response, { body: new Uint8Array(bytes.length) });
    const store = await open();
    await expect(store.pull('far')).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringMatching(/[0-9a-f]{64}.*[0-9a-f]{64}/) as string,
    });
    expect([existsSync(target()), existsSync(`${target()}.part`)]).toEqual([false, false]);
    source.handler = (request, response) => respond(request, response);
    await store.pull('far');
    expect(existsSync(target())).toBe(true);
  });

  it('refuses more bytes than the manifest says', async () => {
    source.handler = (request, response) =>
      respond(request, response, { body: new Uint8Array(bytes.length * 2) });
    await expect((await open()).pull('far')).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('more than') as string,
    });
  });

  it('tells a refusal and does not repeat it', async () => {
    source.handler = (_, response) => response.writeHead(404).end();
    await expect((await open()).pull('far')).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('404') as string,
    });
    expect(source.ranges).toHaveLength(1);
  });

  it('gives up on a source that sends nothing', async () => {
    source.handler = (_, response) => response.destroy();
    await expect((await open()).pull('far')).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      hint: expect.stringContaining('FOVEA_MODEL_MIRROR') as string,
    });
    expect(source.ranges.length).toBeGreaterThan(1);
  });

  it.runIf(existsSync('/dev/full'))('says that the disk is full, and does not try again', async () => {
    await mkdir(join(folders.dataDir, 'models'), { recursive: true });
    await symlink('/dev/full', `${target()}.part`);
    await expect((await open()).pull('far')).rejects.toMatchObject({ code: 'STORAGE_FULL', status: 507 });
    expect(source.ranges).toHaveLength(1);
  });

  it('is shared by those who ask at the same time, and each may leave', async () => {
    const begun = Promise.withResolvers<void>();
    let release: () => void = () => undefined;
    source.handler = (request, response) => {
      release = () => respond(request, response);
      begun.resolve();
    };
    const store = await open();
    const abort = new AbortController();
    const leaving = store.pull('far', { signal: abort.signal });
    const staying = store.pull('far');
    await begun.promise;
    abort.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'CANCELLED' });
    release();
    await staying;
    expect(source.ranges).toHaveLength(1);
  });

  it('stops the transfer when the last one leaves', async () => {
    const closed = Promise.withResolvers<void>();
    const abort = new AbortController();
    source.handler = (_, response) => {
      response.on('close', closed.resolve);
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 10));
      abort.abort();
    };
    await expect((await open()).pull('far', { signal: abort.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await closed.promise;
  });

  it('asks a mirror that is a folder or an address instead', async () => {
    await writeFile(join(folders.modelsDir, 'far.onnx'), bytes);
    await (await open({ mirror: folders.modelsDir })).pull('far');
    expect(Buffer.compare(await readFile(target()), bytes)).toBe(0);
    expect(source.ranges).toEqual([]);
    const other = { ...folders, dataDir: join(folders.dataDir, 'other') };
    const paths: (string | undefined)[] = [];
    source.handler = (request, response) => {
      paths.push(request.url);
      respond(request, response);
    };
    await (await ModelStore.open({ ...other, licences: 'all', log, mirror: `${url}/weights` })).pull('far');
    expect(paths).toEqual(['/weights/far.onnx']);
  });

  it('does not fetch what the licence filter disables', async () => {
    const store = await tinyStore({ far: [bytes, { source: { type: 'url', url }, licenceId: 'AGPL-3.0' }] });
    const models = await ModelStore.open({ ...store, licences: 'permissive', log });
    await expect(models.pull('far')).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    expect(source.ranges).toEqual([]);
    await store.remove();
  });
});
