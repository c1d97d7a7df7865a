import { expect, it } from 'vitest';
import { readEvents, type ServerEvent } from './events.ts';

/** Everything in `text`, whose bytes come in pieces of `size`. */
async function eventsOf(text: string, size: number): Promise<ServerEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  const events: ServerEvent[] = [];
  for await (const event of readEvents(stream)) events.push(event);
  return events;
}

it.each([1, 2, 3, 7, 1000])('reads the same events from pieces of %i bytes', async (size) => {
  const text =
    ': hello\n\nevent: partial\ndata: {"text":"Käse 猫"}\n\nid: 7\r\nevent:result\r\ndata: one\r\ndata:two\r\n\r\ndata: plain\rretry: 5\r\r';
  expect(await eventsOf(text, size)).toEqual([
    { event: 'partial', data: '{"text":"Käse 猫"}' },
    { event: 'result', data: 'one\ntwo' },
    { event: 'message', data: 'plain' },
  ]);
});

it('drops an event that the end of the stream cut off', async () => {
  expect(await eventsOf('event: result\ndata: {"half"', 5)).toEqual([]);
});
