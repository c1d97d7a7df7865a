import type { Recurring, ResourceContext, ResourceDefinition } from '@fovea/application';
import type { JobKind } from '@fovea/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';
import type { RegisteredResource } from './registry.ts';
import { resourceContext, withJob, type ResourceCall, type ResourceHouse } from './resource-context.ts';

/** What works without anybody asking belongs to the one owner there is until accounts exist. */
const OWNER = 'local';

/** The resources of an engine: their contexts, their jobs, and the work that comes again and again. */
export class Resources {
  private readonly house: ResourceHouse;
  private readonly log: Log;

  constructor(options: ResourceHouse & { readonly log: Log }) {
    this.house = options;
    this.log = options.log;
  }

  list(): RegisteredResource[] {
    return this.house.engine.registry.resources();
  }

  context(call: ResourceCall): ResourceContext {
    return resourceContext(this.house, call);
  }

  /** Says what the jobs of the resources do that are served here. */
  registerJobs(): void {
    for (const definition of this.local())
      for (const [kind, work] of Object.entries(definition.jobs ?? {}))
        this.house.engine.jobs?.register(kind as JobKind, (job, request) => {
          const { owner, signal } = job;
          const context = this.context({ definition, owner, priority: 'job', signal });
          return work(withJob(context, job), request);
        });
  }

  /** Begins the recurring work. @returns what ends it, and waits for what runs */
  start(): () => Promise<void> {
    const { jobs, semanticCatalog } = this.house.engine.settings;
    const stop = new AbortController();
    const loops = this.local().flatMap((definition) =>
      (definition.recurring ?? [])
        .filter((work) => jobs > 0 && (semanticCatalog || !work.ofCatalogSearch))
        .map((work) => this.repeat(definition, work, stop.signal)),
    );
    return async () => {
      stop.abort();
      await Promise.all(loops);
    };
  }

  private local(): ResourceDefinition[] {
    return this.list().flatMap(({ definition, remote }) => (remote === undefined ? [definition] : []));
  }

  /** Never two at once; the same error again is not worth another line. */
  private async repeat(definition: ResourceDefinition, work: Recurring, signal: AbortSignal): Promise<void> {
    let said: string | undefined;
    while (!signal.aborted) {
      try {
        await work.run(this.context({ definition, owner: OWNER, priority: 'job', signal }));
        said = undefined;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (!signal.aborted && message !== said)
          this.log.warn(
            { err: error },
            `${definition.name}: ${work.name} failed; it is tried again: ${message}`,
          );
        said = message;
      }
      await delay(work.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
