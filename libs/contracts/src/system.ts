import { z } from 'zod';
import { RESULTS } from './results.ts';
import { MEDIA, TASKS } from './tasks.ts';

const JsonSchema = z.record(z.string(), z.unknown());

/** A task as `GET /v1/tasks` describes it: everything a client needs to build its form. */
export const TaskInfo = z
  .object({
    task: z.enum(TASKS),
    title: z.string(),
    description: z.string(),
    app: z.string().describe('the application folder that serves it'),
    kind: z.enum(Object.keys(RESULTS) as [keyof typeof RESULTS, ...(keyof typeof RESULTS)[]]),
    inputs: z.array(
      z.object({
        name: z.string(),
        media: z.enum(MEDIA),
        min: z.int().min(0),
        max: z.int().min(1),
        description: z.string().optional(),
      }),
    ),
    models: z.array(
      z.object({
        role: z.string(),
        default: z.string(),
        choices: z.array(z.string()),
        defaultBy: z
          .object({ param: z.string(), models: z.record(z.string(), z.string()) })
          .optional()
          .describe('the default is another one for these values of a parameter'),
        description: z.string().optional(),
      }),
    ),
    params: JsonSchema.describe('JSON Schema (2020-12) of the parameters, defaults included'),
    result: JsonSchema,
    /** The server this task is forwarded to, where it is not run here. */
    remote: z.string().optional(),
  })
  .meta({ id: 'TaskInfo' });
export type TaskInfo = z.infer<typeof TaskInfo>;

export const TaskList = z
  .object({ items: z.array(TaskInfo), nextCursor: z.string().nullable() })
  .meta({ id: 'TaskList' });
export type TaskList = z.infer<typeof TaskList>;

export const Health = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
    version: z.string(),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;
