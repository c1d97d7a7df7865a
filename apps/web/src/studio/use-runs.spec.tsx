// @vitest-environment jsdom
import { cleanup, renderHook, act, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionProvider } from '../api/session.tsx';
import type { Source } from './run-request.ts';
import { useRuns, type RequestOf } from './use-runs.ts';

const envelope = (label: string) => ({
  run: { id: label, task: 'classification' },
  inputs: {},
  result: { kind: 'labels', labels: [{ label, classId: 1, score: 0.9 }] },
  links: {},
});
const problem = {
  type: 'about:blank',
  title: 'The picture cannot be decoded',
  status: 422,
  code: 'IMAGE_CORRUPT',
  detail: 'bad.jpg ends early',
  hint: 'Save it again.',
  requestId: 'r-1',
};

const answer = (body: object, status = 200): Response => new Response(JSON.stringify(body), { status });

/** The server: answers by the name of the file; `slow…` never does, until the request is aborted. */
const server = vi.fn((_url: string, init: RequestInit): Promise<Response> => {
  const { name } = (init.body as FormData).get('image') as File;
  if (name.startsWith('slow'))
    return new Promise((_, reject) =>
      init.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
    );
  return Promise.resolve(name === 'bad.jpg' ? answer(problem, 422) : answer(envelope(name)));
});

const source = (name: string): Source => ({
  type: 'file',
  file: new File(['x'], name, { type: 'image/jpeg' }),
});
const requestOf: RequestOf = (image) => {
  const inputs: Record<string, Source> = {};
  if (image) inputs['image'] = image;
  return { task: 'classification', inputs, params: { topK: 3 }, model: 'm', models: {} };
};
const wrapper = ({ children }: { children: ReactNode }) => <SessionProvider>{children}</SessionProvider>;

beforeEach(() => {
  server.mockClear();
  vi.stubGlobal('fetch', server);
  URL.createObjectURL = vi.fn(() => 'blob:preview');
  URL.revokeObjectURL = vi.fn();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function start(names: readonly string[]) {
  const hook = renderHook(() => useRuns(), { wrapper });
  act(() => {
    const items = hook.result.current.place(names.map(source));
    void hook.result.current.run(items, requestOf);
  });
  const states = () => hook.result.current.items.map(({ state }) => state.status);
  return { hook, states };
}

describe('useRuns', () => {
  it('runs every picture for itself: a bad one fails alone', async () => {
    const { hook, states } = start(['a.jpg', 'bad.jpg', 'c.jpg']);
    await waitFor(() => expect(states()).toEqual(['done', 'failed', 'done']));
    expect(hook.result.current.items[1]?.state).toMatchObject({
      problem: { code: 'IMAGE_CORRUPT', requestId: 'r-1', hint: 'Save it again.' },
    });
    expect(hook.result.current.busy).toBe(false);
  });

  it('sends the parameters and the model, and keeps what was sent', async () => {
    const { hook, states } = start(['a.jpg']);
    await waitFor(() => expect(states()).toEqual(['done']));
    const [url, init] = server.mock.calls[0] ?? [];
    const form = init?.body as FormData;
    expect(new URL(url ?? '').pathname).toBe('/v1/tasks/classification');
    expect([form.get('params'), form.get('model')]).toEqual(['{"topK":3}', 'm']);
    expect(hook.result.current.items[0]?.request?.params).toEqual({ topK: 3 });
  });

  it('cancels what runs and what waits, and keeps what is done', async () => {
    const names = ['a.jpg', 'slow-1.jpg', 'slow-2.jpg', 'slow-3.jpg', 'slow-4.jpg', 'late.jpg'];
    const { hook, states } = start(names);
    await waitFor(() =>
      expect(states()).toEqual(['done', 'running', 'running', 'running', 'running', 'waiting']),
    );
    act(() => hook.result.current.cancel());
    await waitFor(() =>
      expect(states()).toEqual(['done', 'cancelled', 'cancelled', 'cancelled', 'cancelled', 'cancelled']),
    );
    // The one that waited was never sent.
    expect(server).toHaveBeenCalledTimes(5);
  });

  it('cancels and forgets when other pictures come', async () => {
    const { hook, states } = start(['slow.jpg']);
    await waitFor(() => expect(states()).toEqual(['running']));
    act(() => void hook.result.current.place([source('b.jpg')]));
    expect(states()).toEqual(['idle']);
    expect(hook.result.current.selected?.name).toBe('b.jpg');
    expect(URL.revokeObjectURL).toHaveBeenCalledWith('blob:preview');
    expect(server.mock.calls[0]?.[1].signal?.aborted).toBe(true);
  });
});
