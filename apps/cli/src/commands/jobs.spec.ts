import { VisionError, type Job } from '@fovea/contracts';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../backend.ts';
import type { Installation } from '../cli.ts';
import { fovea } from '../program.ts';
import { Terminal } from '../terminal.ts';

const job: Job = {
  id: '01a20999-0a4d-7128-8115-cdbd6e5aa570',
  kind: 'run',
  task: 'classification',
  state: 'completed',
  progress: { done: 2, total: 2, unit: 'images', etaMs: 0 },
  result: null,
  error: null,
  attempts: 1,
  createdAt: '2026-03-01T08:30:00.000Z',
  startedAt: null,
  finishedAt: '2026-03-01T08:31:00.000Z',
  request: {},
  links: { self: '', events: '' },
};

const jobs: Backend['jobs'] = {
  list: ({ state }) =>
    Promise.resolve({
      items: [{ ...job, ...(state ? { state } : {}) }],
      nextCursor: null,
    }),
  wait: (id, { onProgress }) => {
    onProgress({ done: 2, total: 2, unit: 'images', etaMs: 0 });
    return Promise.resolve(
      id === 'broken'
        ? { ...job, state: 'failed', error: new VisionError('IMAGE_CORRUPT', 'cut short').toProblem('x') }
        : job,
    );
  },
  cancel: (id) => Promise.resolve(id === 'done' ? null : { ...job, state: 'cancelled' }),
  retry: () => Promise.reject(new VisionError('CONFLICT', 'job x is completed')),
};

const closes: string[] = [];
const backend = { where: 'here', jobs, close: () => Promise.resolve(void closes.push('closed')) };

async function call(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') =>
    new PassThrough().on('data', (chunk: Buffer) => (text[name] += chunk.toString()));
  const streams = { stdin: new PassThrough(), stdout: stream('out'), stderr: stream('err') };
  const installation = { version: '1', connect: () => Promise.resolve(backend) };
  const code = await fovea(
    {
      terminal: new Terminal(streams),
      cwd: '/',
      signal: new AbortController().signal,
      installation: installation as unknown as Installation,
    },
    args,
  );
  return { code, ...text };
}

describe('fovea jobs', () => {
  it('lists them', async () => {
    const { code, out } = await call(['jobs', 'list', '--state', 'queued']);
    expect(code).toBe(0);
    expect(out).toMatch(/run +classification +queued +2\/2 images/);
    expect(JSON.parse((await call(['jobs', 'list', '--json'])).out)).toEqual(job);
    expect((await call(['jobs', 'list', '--state', 'asleep'])).code).toBe(2);
  });

  it('waits for one, and says how it ended', async () => {
    expect(await call(['jobs', 'watch', 'x'])).toMatchObject({ code: 0, out: `completed ${job.id}\n` });
    const broken = await call(['jobs', 'watch', 'broken']);
    expect(broken.code).toBe(1);
    expect(broken.err).toContain('cut short');
  });

  it('cancels, removes and retries', async () => {
    const { code, out } = await call(['jobs', 'cancel', 'x', 'done']);
    expect([code, out]).toEqual([0, 'cancelled x\nremoved done\n']);
    expect((await call(['jobs', 'retry', 'x'])).err).toContain('job x is completed');
  });
});
