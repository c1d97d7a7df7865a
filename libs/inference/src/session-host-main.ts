import { writevSync } from 'node:fs';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { bytesOf, RunError } from './backend.ts';
import { encodeHeader, type Frame, type FromHost, type TensorHeader, type ToHost } from './frames.ts';
import type { ReaderData } from './session-host-reader.ts';
import { OrtSessions, type ContiguousTensor, type SessionSettings } from './ort-sessions.ts';

// The session host: a child process that owns the sessions of one device. This thread takes a frame, works and writes
// the answer, all blocking, because a run blocks its thread anyway; another thread reads what the server sends meanwhile.

const PIPE_FD = 3;
const RSS_EVERY_MS = 1000;

const { port1: incoming, port2: port } = new MessageChannel();
const posted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
let taken = 0;

/** Starts the thread that reads; it also ends this process when the server is gone, even while a run blocks here. */
function startReader(): void {
  const file = import.meta.url.endsWith('.ts') ? './session-host-reader.ts' : './session-host-reader.js';
  const workerData: ReaderData = { fd: PIPE_FD, port, posted };
  new Worker(new URL(file, import.meta.url), {
    workerData,
    transferList: [port],
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
  });
}

function nextFrame(): Frame<ToHost> {
  Atomics.wait(posted, 0, taken);
  taken += 1;
  return (receiveMessageOnPort(incoming) as { message: Frame<ToHost> }).message;
}

function writeFrame(header: FromHost, payloads: readonly Uint8Array[] = []): void {
  let left: Uint8Array[] = [encodeHeader(header), ...payloads].filter((part) => part.byteLength > 0);
  while (left.length > 0) {
    let written = writevSync(PIPE_FD, left);
    left = left.flatMap((part) => {
      const done = Math.min(written, part.byteLength);
      written -= done;
      return done === part.byteLength ? [] : [part.subarray(done)];
    });
  }
}

let rssAt = -Infinity;
function rssNowAndThen(): { rssBytes?: number } {
  if (performance.now() - rssAt < RSS_EVERY_MS) return {};
  rssAt = performance.now();
  return { rssBytes: process.memoryUsage.rss() };
}

async function work(sessions: OrtSessions, { header, payloads }: Frame<ToHost>): Promise<void> {
  switch (header.op) {
    case 'load': {
      const loaded = await sessions.load(header.model);
      // The run that follows warms up: its memory counts as the model's.
      rssAt = -Infinity;
      writeFrame({ op: 'answer', id: header.id, loaded, rssBytes: process.memoryUsage.rss(), tensors: [] });
      return;
    }
    case 'unload':
      await sessions.unload(header.model);
      writeFrame({ op: 'answer', id: header.id, rssBytes: process.memoryUsage.rss(), tensors: [] });
      return;
    case 'release':
      sessions.release(header.handles);
      return;
    case 'run': {
      const feeds = new Map<string, ContiguousTensor>();
      header.tensors.forEach(({ name, type, dims }, index) => {
        feeds.set(name, { type, dims, bytes: payloads[index] as Uint8Array });
      });
      const { outputs, kept, runMs } = await sessions.run({ ...header, feeds });
      const tensors: TensorHeader[] = Object.entries(outputs).map(([name, { type, dims }]) => ({
        name,
        type,
        dims,
      }));
      writeFrame(
        {
          op: 'answer',
          id: header.id,
          runMs,
          ...(kept.length > 0 ? { kept } : {}),
          ...rssNowAndThen(),
          tensors,
        },
        Object.values(outputs).map(bytesOf),
      );
    }
  }
}

// The server decides when this process ends; a Ctrl-C in its terminal reaches the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
startReader();
const sessions = new OrtSessions(JSON.parse(process.argv[2] ?? '') as SessionSettings);
writeFrame({ op: 'hello', rssBytes: process.memoryUsage.rss(), tensors: [] });
for (;;) {
  const frame = nextFrame();
  try {
    await work(sessions, frame);
  } catch (error) {
    if (!(error instanceof RunError) || frame.header.op === 'release') throw error;
    writeFrame({ op: 'failed', id: frame.header.id, message: error.message, tensors: [] });
  }
}
