import type { AnyDefinition } from '@fovea/application';
import { RESULTS, TASK_KINDS, VisionError, type Task, type TaskInfo } from '@fovea/contracts';
import { z } from 'zod';

/** An application folder and what it serves: one line of the platform's list. */
export interface Application {
  /** The folder's name under apps/, as in FOVEA_APPS. */
  readonly app: string;
  readonly definitions: readonly AnyDefinition[];
}

export interface RegisteredTask {
  readonly app: string;
  readonly definition: AnyDefinition;
  readonly info: TaskInfo;
  /** Where the task is forwarded to; undefined = it is run here. */
  readonly remote?: string;
}

export interface RegistryOptions {
  readonly applications: readonly Application[];
  /** Application folders to serve; undefined = all. */
  readonly apps?: readonly string[] | undefined;
  readonly remoteApps?: Readonly<Record<string, string>>;
}

/** The tasks that this server answers, by name. */
export class Registry {
  private readonly tasks = new Map<Task, RegisteredTask>();

  /** @throws INVALID_PARAMETER when FOVEA_APPS or FOVEA_REMOTE_APPS names an application that does not exist */
  constructor(options: RegistryOptions) {
    const known = options.applications.map((application) => application.app);
    const remotes = options.remoteApps ?? {};
    for (const app of [...(options.apps ?? []), ...Object.keys(remotes)])
      if (!known.includes(app))
        throw new VisionError('INVALID_PARAMETER', `there is no application "${app}"`, {
          hint: `FOVEA_APPS and FOVEA_REMOTE_APPS may name: ${known.join(', ')}`,
        });
    for (const { app, definitions } of options.applications) {
      const remote = remotes[app];
      if (options.apps && !options.apps.includes(app) && remote === undefined) continue;
      for (const definition of definitions) {
        if (this.tasks.has(definition.task)) throw new TypeError(`task ${definition.task} is defined twice`);
        const info = describeTask(app, definition, remote);
        this.tasks.set(definition.task, { app, definition, info, ...(remote ? { remote } : {}) });
      }
    }
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
