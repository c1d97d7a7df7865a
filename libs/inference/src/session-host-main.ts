import { readSync, writevSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { bytesOf, RunError } from './backend.ts';
import {
  decodeFrame,
  encodeHeader,
  type Frame,
  type FromHost,
  type TensorHeader,
  type ToHost,
} from './frames.ts';
import { OrtSessions, type ContiguousTensor, type SessionSettings } from './ort-sessions.ts';

// The session host: a child process that owns the sessions of one device. It reads a frame, works, writes the
// answer, all blocking, because a run blocks its thread anyway; what the server hands over meanwhile waits in the pipe.

const WORK_FD = 3;
const LIFELINE_FD = 4;
const RSS_EVERY_MS = 1000;

/**
 * Ends this process when the server's end of the lifeline closes, even while a run blocks this thread; SIGKILL,
 * because an orderly exit would wait for that run.
 */
function watchParent(): void {
  const source = `
    try { while (require('node:fs').readSync(${LIFELINE_FD}, Buffer.alloc(1)) > 0); } catch {}
    process.kill(process.pid, 'SIGKILL');`;
  new Worker(source, {
    eval: true,
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  }).unref();
}

function readFrame(): Frame<ToHost> {
  const decoder = decodeFrame<ToHost>();
  for (;;) {
    const step = decoder.next();
    if (step.done) return step.value;
    for (let filled = 0; filled < step.value.byteLength;) {
      const count = readSync(WORK_FD, step.value, filled, step.value.byteLength - filled, null);
      // The server is done with this host; workers that block cannot be joined, hence no process.exit.
      if (count === 0) process.kill(process.pid, 'SIGKILL');
      filled += count;
    }
  }
}

function writeFrame(header: FromHost, payloads: readonly Uint8Array[] = []): void {
  let left: Uint8Array[] = [encodeHeader(header), ...payloads].filter((part) => part.byteLength > 0);
  while (left.length > 0) {
    let written = writevSync(WORK_FD, left);
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
    case 'run': {
      const feeds = new Map<string, ContiguousTensor>();
      header.tensors.forEach(({ name, type, dims }, index) => {
        feeds.set(name, { type, dims, bytes: payloads[index] as Uint8Array });
      });
      const { outputs, runMs } = await sessions.run(header.model, feeds, header.outputs);
      const tensors: TensorHeader[] = Object.entries(outputs).map(([name, { type, dims }]) => ({
        name,
        type,
        dims,
      }));
      writeFrame(
        { op: 'answer', id: header.id, runMs, ...rssNowAndThen(), tensors },
        Object.values(outputs).map(bytesOf),
      );
    }
  }
}

// The server decides when this process ends; a Ctrl-C in its terminal reaches the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
watchParent();
const sessions = new OrtSessions(JSON.parse(process.argv[2] ?? '') as SessionSettings);
writeFrame({ op: 'hello', rssBytes: process.memoryUsage.rss(), tensors: [] });
for (;;) {
  const frame = readFrame();
  try {
    await work(sessions, frame);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    writeFrame({ op: 'failed', id: frame.header.id, message: error.message, tensors: [] });
  }
}
