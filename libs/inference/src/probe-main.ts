import { readFileSync, writeSync } from 'node:fs';
import { supportedDevices, timeProbe } from './ort-probe.ts';

// A throwaway process that tries one device: a broken driver may crash or hang here and nowhere else.

const RESULT_FD = 3;

export interface ProbeArgument {
  readonly device: string;
  readonly threads: number;
}
/** What the probe found; `error` where the device could not run the model at all. */
export interface ProbeFinding {
  readonly error?: string;
  readonly deviceMs?: number;
  readonly cpuMs?: number;
  /** max |device - cpu| / max |cpu| */
  readonly deviation?: number;
  /** Names of the graphics driver libraries in this process; Linux only. */
  readonly drivers?: readonly string[];
}

async function probe({ device, threads }: ProbeArgument): Promise<ProbeFinding> {
  const supported = supportedDevices();
  if (!supported.includes(device))
    return { error: `this build of onnxruntime has only ${supported.join(', ')}` };
  const found = await timeProbe(device, threads);
  const drivers = graphicsDrivers();
  const reference = await timeProbe('cpu', threads);
  let largest = 0;
  let difference = 0;
  reference.values.forEach((value, index) => {
    largest = Math.max(largest, Math.abs(value));
    // NaN must not pass for agreement.
    const own = Math.abs(value - (found.values[index] ?? NaN));
    difference = own <= difference ? difference : Number.isNaN(own) ? Infinity : own;
  });
  return { deviceMs: found.ms, cpuMs: reference.ms, deviation: difference / largest, drivers };
}

function graphicsDrivers(): string[] {
  if (process.platform !== 'linux') return [];
  const names = readFileSync('/proc/self/maps', 'utf8').matchAll(
    /\/([^/\s]*(?:vulkan_|vk_|nvidia|lvp)[^/\s]*\.so[^/\s]*)/g,
  );
  return [...new Set([...names].map((match) => match[1] as string))];
}

let finding: ProbeFinding;
try {
  finding = await probe(JSON.parse(process.argv[2] ?? '') as ProbeArgument);
} catch (error) {
  finding = { error: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '' };
}
writeSync(RESULT_FD, JSON.stringify(finding));
// Drivers are known to crash while they are torn down; the answer is out.
process.kill(process.pid, 'SIGKILL');
