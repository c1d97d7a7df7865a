import { isTask, type Task } from '@fovea/contracts';
import type { RunFilter } from '@fovea/sdk';

/** What the catalog is narrowed to; what is missing does not narrow. Days are local, `2026-11-23`. */
export interface Filters {
  /** Words of labels. */
  readonly q?: string;
  /** The picture that went in: its SHA-256. */
  readonly input?: string;
  /** What the pictures show; the most relevant first. */
  readonly about?: string;
  readonly task?: Task;
  readonly model?: string;
  readonly label?: string;
  /** 0..1 */
  readonly minScore?: number;
  /** First day. */
  readonly since?: string;
  /** Last day, all of it included. */
  readonly until?: string;
}

const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** The filters of an address; what makes no sense there is left out. */
export function readFilters(search: URLSearchParams): Filters {
  const text = (name: string): string | undefined => search.get(name)?.trim() || undefined;
  const [q, about, task, model, label] = [
    text('q'),
    text('about'),
    text('task'),
    text('model'),
    text('label'),
  ];
  const [since, until] = [text('since'), text('until')];
  const input = text('input');
  const minScore = Number(text('minScore'));
  return {
    ...(q ? { q } : {}),
    ...(about ? { about } : {}),
    ...(task && isTask(task) ? { task } : {}),
    ...(model ? { model } : {}),
    ...(label ? { label } : {}),
    ...(input && /^[0-9a-f]{64}$/.test(input) ? { input } : {}),
    ...(minScore > 0 && minScore <= 1 ? { minScore } : {}),
    ...(since && isDay(since) ? { since } : {}),
    ...(until && isDay(until) ? { until } : {}),
  };
}

/** The address of filters, always in the same order. */
export function writeFilters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of [
    'q',
    'about',
    'task',
    'model',
    'label',
    'input',
    'minScore',
    'since',
    'until',
  ] as const) {
    const value = filters[name];
    if (value !== undefined && value !== '' && value !== 0) search.set(name, String(value));
  }
  return search;
}

/** The query of `GET /v1/runs`: days become instants, from local midnight to the last millisecond. */
export function toRunFilter(filters: Filters): Omit<RunFilter, 'limit' | 'cursor'> {
  const { since, until, ...rest } = filters;
  return {
    ...rest,
    ...(since ? { since: new Date(`${since}T00:00:00`).toISOString() } : {}),
    ...(until ? { until: new Date(`${until}T23:59:59.999`).toISOString() } : {}),
  };
}

/** One filter in words, for the button that takes it away. */
export function describeFilter(name: keyof Filters, filters: Filters): string {
  const value = filters[name];
  switch (name) {
    case 'q':
      return `“${value}”`;
    case 'about':
      return `about “${value}”`;
    case 'input':
      return 'this picture';
    case 'minScore':
      return `score ≥ ${Math.round(Number(value) * 100)} %`;
    case 'since':
      return `from ${value}`;
    case 'until':
      return `to ${value}`;
    default:
      return `${name}: ${value}`;
  }
}
