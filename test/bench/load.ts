import { Agent, request } from 'node:http';

export interface LoadOptions {
  /** Requests in flight at any time (closed loop). */
  readonly concurrency: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** The bytes of the n-th request. */
  readonly picture: (n: number) => Uint8Array;
}
export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Closed-loop load on one address: every answer is followed by the next request at once. */
export async function load(address: string, options: LoadOptions): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.concurrency });
  const latencies: number[] = [];
  let failed = 0;
  let sent = 0;
  const start = performance.now() + options.warmUpMs;
  const end = start + options.measureMs;
  const client = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      const { status } = await send(address, options.picture(sent++), agent);
      const now = performance.now();
      if (began < start || now > end) continue;
      if (status === 200) latencies.push(now - began);
      else failed++;
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, client));
  agent.destroy();
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    failed,
    perSecond: (latencies.length / options.measureMs) * 1000,
    medianMs: quantile(latencies, 0.5),
    p95Ms: quantile(latencies, 0.95),
    p99Ms: quantile(latencies, 0.99),
  };
}

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
export const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** One request; its answer's status and body. */
export function send(
  address: string,
  body: Uint8Array,
  agent: Agent,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(
      address,
      { method: 'POST', agent, headers: { 'content-type': 'image/jpeg', 'content-length': body.byteLength } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        response.on('error', reject);
      },
    );
    sending.on('error', reject);
    sending.end(body);
  });
}
