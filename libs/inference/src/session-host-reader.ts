import { readSync, writeSync } from 'node:fs';
import { workerData, type MessagePort } from 'node:worker_threads';
import { decodeFrame, type Frame, type ToHost } from './frames.ts';

// The session host's second thread: it takes what the server sends while a run blocks the first. The kernel keeps
// little for a reader that is busy (about 200 kB), so without it the next batch would begin with a wait for its pixels.

export interface ReaderData {
  readonly fd: number;
  readonly port: MessagePort;
  /** Element 0 counts the frames posted; the other thread waits on it. */
  readonly posted: Int32Array;
}

const { fd, port, posted } = workerData as ReaderData;

function readFrame(): Frame<ToHost> {
  const decoder = decodeFrame<ToHost>();
  for (;;) {
    const step = decoder.next();
    if (step.done) return step.value;
    for (let filled = 0; filled < step.value.byteLength;) {
      const count = readSync(fd, step.value, filled, step.value.byteLength - filled, null);
      if (count === 0) throw new Error('the server closed the pipe');
      filled += count;
    }
  }
}

try {
  for (;;) {
    const frame = readFrame();
    port.postMessage(
      frame,
      frame.payloads.map(({ buffer }) => buffer as ArrayBuffer),
    );
    Atomics.add(posted, 0, 1);
    Atomics.notify(posted, 0);
  }
} catch (error) {
  // The server is gone or is done with this host. SIGKILL, because an orderly exit would wait for a run.
  if (!/closed the pipe|ECONNRESET/.test(String(error)))
    writeSync(2, `session host reader: ${String(error)}\n`);
  process.kill(process.pid, 'SIGKILL');
}
