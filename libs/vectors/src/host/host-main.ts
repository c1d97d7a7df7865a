import type { AnnLibrary } from '../ann.ts';
import { openFaiss } from '../faiss/open.ts';
import { Comparison } from './comparison.ts';
import type { LiveIndex } from './live-index.ts';
import { nearPairs } from './neighbours.ts';
import { openIndex } from './open-index.ts';
import type { FromHost, HostCalls, HostOp, HostSettings, ToHost } from './protocol.ts';
import type { Turn } from './scan.ts';
import { searchIndex } from './search.ts';

// The vector host: a child process that holds the open indexes, so that neither a long search nor a crash of the native
// library is the server's. One thread: what a message changes is changed at once, what takes long takes turns.

const settings = JSON.parse(process.argv[2] ?? '') as HostSettings;
const opened = settings.backend === 'exact' ? { missing: 'exact search was chosen' } : openFaiss();
const library: AnnLibrary | null = 'library' in opened ? opened.library : null;
const indexes = new Map<number, LiveIndex>();
const comparisons = new Map<number, Comparison>();
/** Calls that have no answer yet; true: no longer wanted. */
const calls = new Map<number, boolean>();

class Cancelled extends Error {}

const send = (message: FromHost): void => void process.send?.(message);

function indexOf(handle: number): LiveIndex {
  const index = indexes.get(handle);
  if (!index) throw new Error(`no index is open as ${handle}`);
  return index;
}

/** Lets messages in between two slices of a search. */
const turnOf =
  (id: number): Turn =>
  async () => {
    await new Promise((resolve) => setImmediate(resolve));
    if (calls.get(id)) throw new Cancelled('cancelled');
  };

type Handlers = {
  [Op in HostOp]: (
    ask: HostCalls[Op]['ask'],
    turn: Turn,
  ) => HostCalls[Op]['answer'] | Promise<HostCalls[Op]['answer']>;
};

const handlers: Handlers = {
  open(ask) {
    try {
      const index = openIndex(ask, library);
      indexes.set(ask.handle, index);
      return index.stats();
    } catch (error) {
      return { unreadable: error instanceof Error ? error.message : String(error) };
    }
  },
  apply(ask) {
    const index = indexOf(ask.handle);
    index.apply(ask);
    return index.stats();
  },
  search: ({ handle, ...ask }, turn) => searchIndex(indexOf(handle), ask, turn),
  neighbours: ({ handle, ...ask }, turn) => nearPairs(indexOf(handle), ask, turn),
  pick({ handle, limit }) {
    const index = indexOf(handle);
    const view = index.view();
    const all = new Int32Array(index.size);
    let count = 0;
    for (let position = 0; position < view.size; position += 1)
      if (index.isLive(position, view)) all[count++] = index.ordinalAt(position);
    const rising = all.subarray(0, count).sort();
    const chosen = Math.min(limit, count);
    const ordinals = Int32Array.from(
      { length: chosen },
      (_, at) => rising[Math.floor((at * count) / chosen)]!,
    );
    return { ordinals, stats: index.stats() };
  },
  read({ handle, ordinals }) {
    const index = indexOf(handle);
    const { dimension } = index;
    const there = ordinals.filter((ordinal) => index.positionOf(ordinal) >= 0);
    const vectors = new Float32Array(there.length * dimension);
    for (const [row, ordinal] of there.entries()) {
      const position = index.positionOf(ordinal);
      vectors.set(index.rows(position, position + 1), row * dimension);
    }
    return { ordinals: there, vectors };
  },
  compare({ handle, comparison, ordinals, vectors }) {
    const begun = comparisons.get(comparison) ?? new Comparison(indexOf(handle));
    comparisons.set(comparison, begun);
    begun.add(ordinals, vectors);
    return null;
  },
  compared({ handle, comparison, excused }) {
    const begun = comparisons.get(comparison) ?? new Comparison(indexOf(handle));
    comparisons.delete(comparison);
    return begun.result(new Set(excused));
  },
  close({ handle }) {
    indexes.get(handle)?.close();
    indexes.delete(handle);
    return null;
  },
};

async function handle<Op extends HostOp>(id: number, op: Op, ask: HostCalls[Op]['ask']): Promise<void> {
  calls.set(id, false);
  try {
    const answer = await (handlers[op] as Handlers[Op])(ask, turnOf(id));
    send({ id, answer });
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    send({ id, failed, cancelled: error instanceof Cancelled });
  } finally {
    calls.delete(id);
  }
}

// The server decides when this process ends; a Ctrl-C in its terminal reaches the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToHost) => {
  if (message.op !== 'cancel') void handle(message.id, message.op, message.ask);
  else if (calls.has(message.id)) calls.set(message.id, true);
});
send({
  hello: library ? { version: library.version } : { missing: 'missing' in opened ? opened.missing : '' },
});
