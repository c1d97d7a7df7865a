import type { ModelInfo } from '@fovea/contracts';

type Metric = ModelInfo['metrics'][number];

/** Metrics measured on the same pictures: one row for each way of measuring, one column for each metric. */
export interface MetricGroup {
  readonly dataset: string;
  readonly n: number | undefined;
  readonly split: string | undefined;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly how: string; readonly values: ReadonlyMap<string, number> }[];
}

/** Gathers a model's metrics, in the order of the manifest. */
export function groupMetrics(metrics: readonly Metric[]): MetricGroup[] {
  const groups = Map.groupBy(metrics, ({ dataset, n, split }) => JSON.stringify([dataset, n, split]));
  return [...groups.values()].map((members) => {
    const [{ dataset, n, split }] = members as [Metric, ...Metric[]];
    const rows = Map.groupBy(members, ({ how }) => how ?? '');
    return {
      dataset,
      n,
      split,
      columns: [...new Set(members.map(({ name }) => name))],
      rows: [...rows].map(([how, row]) => ({
        how,
        values: new Map(row.map(({ name, value }) => [name, value])),
      })),
    };
  });
}
