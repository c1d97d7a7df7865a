import { availableParallelism, cpus } from 'node:os';
import type { DeviceInfo } from '@fovea/contracts';
import type { Log } from './types.ts';

/** Processors this process may use; respects affinity and, on Linux, the limits of its control group. */
export const availableThreads = (): number => Math.max(1, availableParallelism());

export const cpuName = (): string => cpus()[0]?.model.trim() ?? 'CPU';

export function cpuDevice(threads: number, reason: string): DeviceInfo {
  return { id: 'cpu', name: cpuName(), threads, reason, probes: [] };
}

export interface DeviceChoice {
  readonly wanted: string;
  readonly threads: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}
export async function chooseDevice({ threads }: DeviceChoice): Promise<DeviceInfo> {
  return cpuDevice(threads, 'the only device');
}
