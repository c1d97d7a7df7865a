import type { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';

const RETENTION_MS = 60 * 60 * 1000;

/**
 * What a server does on its own: loads the default model of its first task (the one that the page opens with) before it
 * is asked for, and removes what FOVEA_KEEP_* does not keep, now and every hour. Other models are loaded when they are
 * needed: that takes about a tenth of a second each, while all of them at rest would hold half a gigabyte.
 * Returns what stops it.
 */
export function startHousekeeping(engine: Engine, log: Log): () => Promise<void> {
  const [first] = engine.registry.local();
  const warmUp = first && loadDefault(engine, log, first.models.primary.choices[0]);
  let cleaning: Promise<void> = clean(engine, log);
  const timer = setInterval(() => (cleaning = cleaning.then(() => clean(engine, log))), RETENTION_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await Promise.all([warmUp, cleaning]);
  };
}

async function loadDefault(engine: Engine, log: Log, id: string): Promise<void> {
  try {
    await engine.inference.load(id);
  } catch (error) {
    log.warn({ err: error, model: id }, 'not loaded');
  }
}

async function clean(engine: Engine, log: Log): Promise<void> {
  try {
    const removed = await engine.needCatalog().retention();
    log.debug(removed, 'retention');
  } catch (error) {
    log.warn({ err: error }, 'retention failed; it is tried again in an hour');
  }
}
