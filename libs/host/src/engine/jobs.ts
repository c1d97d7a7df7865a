import type { Catalog } from '@fovea/catalog';
import type { Settings } from '@fovea/config';
import { Jobs, PostgresQueue } from '@fovea/jobs';
import { asVisionError } from '../server/problem.ts';
import type { Log } from './log.ts';

export { Jobs, type JobEvent, type JobListener, type Submission } from '@fovea/jobs';

/** The jobs of a catalog; they begin to run with `start()`. */
export function createJobs(catalog: Catalog, settings: Settings, log: Log): Jobs {
  const sentences = {
    info: (message: string) => log.info({}, message),
    warn: (message: string) => log.warn({}, message),
  };
  return new Jobs({
    store: catalog.jobs,
    queue: new PostgresQueue({ database: catalog.queue, log: sentences }),
    log: sentences,
    concurrency: settings.jobs,
    exclusive: catalog.embedded,
    problemOf: (error, id) => {
      const known = asVisionError(error);
      if (known.status >= 500) log.error({ err: error, job: id, code: known.code }, known.message);
      return known.toProblem(id);
    },
    dropBlobs: ({ request }) => !settings.keepInputs || request['store'] === false,
  });
}
