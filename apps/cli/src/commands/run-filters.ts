import { isTask, TASKS } from '@fovea/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import type { RunFilter } from '../backend.ts';
import { UsageError } from '../failures.ts';
import type { ServerOptions } from './server-options.ts';

export interface FilterOptions extends ServerOptions {
  readonly task?: string;
  readonly label?: string;
  readonly minScore?: number;
  readonly minArea?: number;
  readonly model?: string;
  readonly since?: string;
  readonly until?: string;
  readonly q?: string;
}

/** Adds the options that choose runs of the catalog. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--task <task>', 'of this task')
    .option('--label <name>', 'with this label')
    .option('--min-score <score>', 'whose label scores at least this', readShare)
    .option(
      '--min-area <share>',
      'with a thing that covers at least this share of the picture, 0..1',
      readShare,
    )
    .option('--model <id>', 'made with this model')
    .option('--since <time>', 'not before this, e.g. 2026-03-01 or 2026-03-01T08:30:00Z', readTime)
    .option('--until <time>', 'not after this', readTime)
    .option('--q <words>', 'words that a label contains');
}

/** What those options mean to the API. @throws UsageError for a task that is none */
export function filterOf({
  task,
  label,
  minScore,
  minArea,
  model,
  since,
  until,
  q,
}: FilterOptions): RunFilter {
  if (task !== undefined && !isTask(task))
    throw new UsageError(`there is no task "${task}"`, { hint: `Tasks: ${TASKS.join(', ')}` });
  const given = Object.entries({ task, label, minScore, minArea, model, since, until, q }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given) as RunFilter;
}

function readShare(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('it must be a number from 0 to 1');
  return value;
}
/** A day means its beginning where this is called; the API wants an exact instant. */
function readTime(text: string): string {
  const time = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00` : text);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('it must be a time such as 2026-03-01T08:30:00Z');
  return time.toISOString();
}
