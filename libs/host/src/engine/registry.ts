import type { AnyDefinition, ResourceDefinition } from '@fovea/application';
import { RESULTS, TASK_KINDS, VisionError, type Task, type TaskInfo } from '@fovea/contracts';
import { z } from 'zod';

/** An application folder and what it serves: one line of the platform's list. */
export interface Application {
  /** The folder's name under apps/, as in FOVEA_APPS. */
  readonly app: string;
  readonly definitions: readonly AnyDefinition[];
  /** Things that are kept and worked with: their addresses are /v1/<name>. */
  readonly resources?: readonly ResourceDefinition[];
}

export interface RegisteredTask {
  readonly app: string;
  readonly definition: AnyDefinition;
  readonly info: TaskInfo;
  /** Where the task is forwarded to; undefined = it is run here. */
  readonly remote?: string;
}

export interface RegisteredResource {
  readonly app: string;
  readonly definition: ResourceDefinition;
  /** Where its requests are forwarded to; undefined = it is served here. */
  readonly remote?: string;
}

export interface RegistryOptions {
  readonly applications: readonly Application[];
  /** Application folders to serve; undefined = all. */
  readonly apps?: readonly string[] | undefined;
  readonly remoteApps?: Readonly<Record<string, string>>;
}

/** The tasks and resources that this server answers, by name. */
export class Registry {
  private readonly tasks = new Map<Task, RegisteredTask>();
  private readonly served = new Map<string, RegisteredResource>();
  /** Names of resources that an application has which is not served. */
  readonly absent: readonly string[];

  /** @throws INVALID_PARAMETER when FOVEA_APPS or FOVEA_REMOTE_APPS names an application that does not exist */
  constructor(options: RegistryOptions) {
    const known = options.applications.map((application) => application.app);
    const remotes = options.remoteApps ?? {};
    for (const app of [...(options.apps ?? []), ...Object.keys(remotes)])
      if (!known.includes(app))
        throw new VisionError('INVALID_PARAMETER', `there is no application "${app}"`, {
          hint: `FOVEA_APPS and FOVEA_REMOTE_APPS may name: ${known.join(', ')}`,
        });
    const absent: string[] = [];
    for (const { app, definitions, resources = [] } of options.applications) {
      const remote = remotes[app];
      if (options.apps && !options.apps.includes(app) && remote === undefined) {
        absent.push(...resources.map(({ name }) => name));
        continue;
      }
      for (const definition of definitions) {
        if (this.tasks.has(definition.task)) throw new TypeError(`task ${definition.task} is defined twice`);
        const info = describeTask(app, definition, remote);
        this.tasks.set(definition.task, { app, definition, info, ...(remote ? { remote } : {}) });
      }
      for (const definition of resources) {
        const { name } = definition;
        if (this.served.has(name)) throw new TypeError(`resource ${name} is defined twice`);
        this.served.set(name, { app, definition, ...(remote ? { remote } : {}) });
      }
    }
    this.absent = absent;
  }

  resources(): RegisteredResource[] {
    return [...this.served.values()];
  }

  list(): TaskInfo[] {
    return [...this.tasks.values()].map((task) => task.info);
  }

  /** The definitions that are run here, not forwarded. */
  local(): AnyDefinition[] {
    return [...this.tasks.values()]
      .filter((task) => task.remote === undefined)
      .map((task) => task.definition);
  }

  /** @throws NOT_FOUND naming the tasks there are, NOT_IMPLEMENTED for a task of a later version */
  get(name: string): RegisteredTask {
    const task = this.tasks.get(name as Task);
    if (task) return task;
    const served = [...this.tasks.keys()].join(', ') || 'none';
    if (Object.hasOwn(TASK_KINDS, name))
      throw new VisionError('NOT_IMPLEMENTED', `task "${name}" is not served here`, {
        hint: `Tasks of this server: ${served}. FOVEA_APPS chooses applications; CHANGELOG.md says what is built.`,
      });
    throw new VisionError('NOT_FOUND', `there is no task "${name}"`, {
      hint: `Tasks of this server: ${served}`,
    });
  }
}

function describeTask(app: string, definition: AnyDefinition, remote: string | undefined): TaskInfo {
  const kind = TASK_KINDS[definition.task];
  return {
    task: definition.task,
    title: definition.title,
    description: definition.description,
    app,
    kind,
    inputs: Object.entries(
      definition.inputs as Record<string, { media: 'image'; min: number; max: number }>,
    ).map(([name, input]) => ({ name, ...input })),
    models: Object.entries(definition.models).map(([role, { choices, defaultBy, description }]) => ({
      role,
      default: choices[0],
      choices: [...choices],
      ...(defaultBy ? { defaultBy } : {}),
      ...(description ? { description } : {}),
    })),
    params: z.toJSONSchema(definition.params, { io: 'input' }) as Record<string, unknown>,
    result: z.toJSONSchema(RESULTS[kind]) as Record<string, unknown>,
    ...(remote ? { remote } : {}),
  };
}
