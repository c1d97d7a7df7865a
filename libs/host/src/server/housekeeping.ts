import type { Engine, Log } from '../engine/engine.ts';

const RETENTION_MS = 60 * 60 * 1000;

/**
 * What a server does on its own: loads the default model of every task before it is asked for, and removes what
 * FOVEA_KEEP_* does not keep, now and every hour. Returns what stops it.
 */
export function startHousekeeping(engine: Engine, log: Log): () => Promise<void> {
  const warmUp = Promise.all(
    engine.registry.local().map(async ({ models }) => {
      const id = models.primary.choices[0];
      await engine.inference
        .load(id)
        .catch((error: unknown) => log.warn({ err: error, model: id }, 'not loaded'));
    }),
  );
  let cleaning: Promise<void> = clean(engine, log);
  const timer = setInterval(() => (cleaning = cleaning.then(() => clean(engine, log))), RETENTION_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await Promise.all([warmUp, cleaning]);
  };
}

async function clean(engine: Engine, log: Log): Promise<void> {
  try {
    const removed = await engine.needCatalog().retention();
    log.debug(removed, 'retention');
  } catch (error) {
    log.warn({ err: error }, 'retention failed; it is tried again in an hour');
  }
}
