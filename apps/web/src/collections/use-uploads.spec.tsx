// @vitest-environment jsdom
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SessionProvider } from '../api/session.tsx';
import { useUploads } from './use-uploads.ts';

const problem = {
  type: 'about:blank',
  title: 'The picture cannot be decoded',
  status: 422,
  code: 'IMAGE_CORRUPT',
  detail: 'it ends early',
  hint: 'Save it again.',
  requestId: 'r-1',
};
/** The server: a picture is bad, known or new by its name; those sent together are noted. */
let groups: string[][] = [];
let broken = false;
const server = (_url: string, init: RequestInit): Promise<Response> => {
  if (broken)
    return Promise.resolve(Response.json({ ...problem, code: 'STORAGE_FULL', status: 507 }, { status: 507 }));
  const names = ((init.body as FormData).getAll('image') as File[]).map(({ name }) => name);
  groups.push(names);
  const items = names.map((name) =>
    name.startsWith('bad') ? problem : { item: { name }, existing: name.startsWith('known') },
  );
  return Promise.resolve(Response.json({ items }));
};
const file = (name: string, type = 'image/jpeg', folder = ''): File => {
  const made = new File(['x'], name, { type });
  Object.defineProperty(made, 'webkitRelativePath', { value: folder && `${folder}/${name}` });
  return made;
};
const wrapper = ({ children }: { children: ReactNode }) => <SessionProvider>{children}</SessionProvider>;

beforeEach(() => {
  groups = [];
  broken = false;
  vi.stubGlobal('fetch', vi.fn(server));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const states = (hook: { current: ReturnType<typeof useUploads> }) =>
  hook.current.items.map(({ state }) => state);

it('sends files a few at a time; a bad one fails alone and says why', async () => {
  const { result } = renderHook(() => useUploads('c'), { wrapper });
  act(() => result.current.add(['a', 'bad', 'known', 'd', 'e'].map((name) => file(`${name}.jpg`))));
  await waitFor(() => expect(states(result)).toEqual(['added', 'failed', 'existing', 'added', 'added']));
  expect(groups).toEqual([['a.jpg', 'bad.jpg', 'known.jpg', 'd.jpg'], ['e.jpg']]);
  expect(result.current.items[1]?.problem).toMatchObject({ detail: 'it ends early', hint: 'Save it again.' });
  expect(result.current.busy).toBe(false);
});

it('leaves out what is no picture in a folder, and keeps the names below it', async () => {
  const { result } = renderHook(() => useUploads('c'), { wrapper });
  act(() =>
    result.current.add([file('a.jpg', 'image/jpeg', 'trip'), file('notes.txt', 'text/plain', 'trip')]),
  );
  await waitFor(() => expect(states(result)).toEqual(['added']));
  expect([groups, result.current.leftOut]).toEqual([[['trip/a.jpg']], 1]);
});

it('fails all of a request that fails, and sends those again', async () => {
  const { result } = renderHook(() => useUploads('c'), { wrapper });
  broken = true;
  act(() => result.current.add([file('a.jpg'), file('b.jpg')]));
  await waitFor(() => expect(states(result)).toEqual(['failed', 'failed']));
  broken = false;
  act(() => result.current.retry());
  await waitFor(() => expect(states(result)).toEqual(['added', 'added']));
});
