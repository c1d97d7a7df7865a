import type { RunEnvelope } from '@fovea/contracts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine/engine.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Prometheus metrics: queue depth, batch sizes, time per phase, event-loop lag (in the default set). */
export class Metrics {
  private readonly registry = new Registry();
  private readonly phases = new Histogram({
    name: 'fovea_run_seconds',
    help: 'Time of finished runs by task and phase (decode, queue, inference, postprocess, total)',
    labelNames: ['task', 'phase'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  private readonly batches = new Histogram({
    name: 'fovea_batch_rows',
    help: 'Rows of the batch that a run was in',
    labelNames: ['task'],
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [this.registry],
  });
  private readonly searches = new Histogram({
    name: 'fovea_vector_searches',
    help: 'Time of searches by vectors in milliseconds, by backend',
    labelNames: ['backend'],
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000],
    registers: [this.registry],
  });
  private readonly requests = new Counter({
    name: 'fovea_http_requests_total',
    help: 'HTTP requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [this.registry],
  });
  private readonly problems = new Counter({
    name: 'fovea_problems_total',
    help: 'Requests that ended with a problem, by code',
    labelNames: ['code'],
    registers: [this.registry],
  });

  constructor() {
    // The delay is measured with timers this many ms apart, which is also the least that it can show.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 5 });
  }

  /** Gauges that are read from the engine whenever the metrics are asked for. */
  observe(engine: Engine): void {
    const registers = [this.registry];
    new Gauge({
      name: 'fovea_queue_depth',
      help: 'Requests waiting for a model',
      labelNames: ['model'],
      registers,
      collect() {
        this.reset();
        for (const [model, depth] of Object.entries(engine.inference.stats().queueDepth))
          this.set({ model }, depth);
      },
    });
    new Gauge({
      name: 'fovea_session_hosts',
      help: 'Session host processes that are up, by device',
      labelNames: ['device'],
      registers,
      collect() {
        this.reset();
        for (const { device } of engine.inference.stats().hosts) this.inc({ device });
      },
    });
    new Gauge({
      name: 'fovea_kept_tensor_bytes',
      help: 'Tensors that requests under way keep in session hosts between their runs, by device',
      labelNames: ['device'],
      registers,
      collect() {
        this.reset();
        for (const { device, keptBytes } of engine.inference.stats().hosts) this.inc({ device }, keptBytes);
      },
    });
    new Gauge({
      name: 'fovea_jobs',
      help: 'Jobs that are kept, by state',
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset();
        // The other metrics are answered while the catalog is away.
        const counts = await engine.jobs?.counts().catch(() => undefined);
        for (const [state, count] of Object.entries(counts ?? {})) this.set({ state }, count);
      },
    });
    const restarts = new Counter({
      name: 'fovea_session_host_failures_total',
      help: 'Crashes and hangs of session hosts',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of ['crash', 'hang'] as const)
      engine.inference.on(reason, () => restarts.inc({ reason }));
  }

  run({ run }: RunEnvelope): void {
    const { task, timings } = run;
    for (const [phase, ms] of Object.entries(timings))
      this.phases.observe({ task, phase: phase.slice(0, -2) }, ms / 1000);
    this.batches.observe({ task }, run.batchSize);
  }

  search({ backend, ms }: { backend: string; ms: number }): void {
    this.searches.observe({ backend }, ms);
  }

  request(method: string, route: string, status: number): void {
    this.requests.inc({ method, route, status });
  }

  problem(code: string): void {
    this.problems.inc({ code });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
