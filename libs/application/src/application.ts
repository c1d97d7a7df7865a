import { TASK_KINDS, type Media, type Task, type TaskResult } from '@fovea/contracts';
import { z } from 'zod';
import type { DecodedMedia } from './media.ts';
import type { RunContext } from './ports.ts';

export interface InputDeclaration {
  readonly media: Media;
  readonly min: number;
  readonly max: number;
  readonly description?: string;
}
export type InputDeclarations = Readonly<Record<string, InputDeclaration>>;

/** One decoded medium where exactly one is wanted, undefined or one where it is optional, otherwise a list. */
type InputValue<D extends InputDeclaration> = D extends { readonly min: 1; readonly max: 1 }
  ? DecodedMedia[D['media']]
  : D extends { readonly min: 0; readonly max: 1 }
    ? DecodedMedia[D['media']] | undefined
    : readonly DecodedMedia[D['media']][];
export type InputValues<I extends InputDeclarations> = { readonly [N in keyof I]: InputValue<I[N]> };

export interface RoleDeclaration<P = unknown> {
  /** Model ids that fit, the default first: take them from the stage (`classify.models`). */
  readonly choices: readonly [string, ...string[]];
  readonly description?: string;
  /** The choice where a request names none depends on the value of a parameter. Default: the first choice. */
  readonly defaultBy?: {
    readonly param: keyof P & string;
    readonly models: Readonly<Record<string, string>>;
  };
  /** False: a run with these parameters and this primary model does without the role, and does not list it. Default: always used. */
  usedWhen?(params: P, primary: string): boolean;
}

/**
 * An application: from this one definition come the REST endpoint, socket event, CLI command, SDK method,
 * OpenAPI entry and the form of the page.
 */
export interface ApplicationDefinition<
  T extends Task = Task,
  I extends InputDeclarations = InputDeclarations,
  P extends z.ZodObject = z.ZodObject,
> {
  readonly task: T;
  readonly title: string;
  readonly description: string;
  /** In the order of importance: the first is the primary input, of which several make a batch. */
  readonly inputs: I;
  /** Every parameter has a default or is optional, and a description. */
  readonly params: P;
  /** `primary` is the one that a request's `model` chooses. */
  readonly models: Readonly<Record<'primary', RoleDeclaration<z.infer<P>>>> &
    Readonly<Record<string, RoleDeclaration<z.infer<P>>>>;
  run(context: RunContext, inputs: InputValues<I>, params: z.infer<P>): Promise<TaskResult<T>>;
}

/** A definition whose input and parameter types are not known: what lists and the host hold. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- run's parameters are contravariant; the host validates them
export type AnyDefinition = ApplicationDefinition<Task, any, any>;

/**
 * Declares an application.
 * @throws TypeError when the task is unknown or a parameter has no default and is not optional
 * @example
 * export const classification = defineApplication({
 *   task: 'classification', title: …, description: …,
 *   inputs: { image: { media: 'image', min: 1, max: 1 } },
 *   params: z.object({ topK: z.int().min(1).max(1000).default(5).describe('how many labels') }),
 *   models: { primary: { choices: classify.models } },
 *   run: async (context, { image }, params) => ({ kind: 'labels', labels: await context.stage(classify, image, params) }),
 * });
 */
export function defineApplication<T extends Task, const I extends InputDeclarations, P extends z.ZodObject>(
  definition: ApplicationDefinition<T, I, P>,
): ApplicationDefinition<T, I, P> {
  if (!Object.hasOwn(TASK_KINDS, definition.task)) throw new TypeError(`unknown task "${definition.task}"`);
  for (const [name, input] of Object.entries(definition.inputs))
    if (!(
      Number.isInteger(input.min) &&
      Number.isInteger(input.max) &&
      input.min >= 0 &&
      input.max >= Math.max(1, input.min)
    ))
      throw new RangeError(`${definition.task}: input ${name} must have 0 <= min <= max, max >= 1`);
  return Object.freeze(definition);
}

/** The name of the primary input (the first declared), or undefined where a task has none. */
export const primaryInput = (definition: AnyDefinition): string | undefined =>
  Object.keys(definition.inputs)[0];
