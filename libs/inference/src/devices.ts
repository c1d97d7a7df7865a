import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Readable } from 'node:stream';
import { VisionError, type DeviceInfo } from '@fovea/contracts';
import { startChild } from './child-process.ts';
import type { ProbeArgument, ProbeFinding } from './probe-main.ts';
import type { Log } from './types.ts';

type Probe = DeviceInfo['probes'][number];

/** The order of preference; tensorrt, which compiles every model for minutes, only when it is named. */
const ORDER = ['cuda', 'coreml', 'dml', 'webgpu'] as const;
const NAMES = [...ORDER, 'tensorrt', 'cpu'] as const;
const PROBE_MS = 30_000;
/** Largest deviation from the processor's result, relative to its largest value. */
const TOLERANCE = 1e-3;

export interface DeviceChoice {
  /** `auto`, or a device that must be used. */
  readonly wanted: string;
  readonly threads: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** What is asked of the machine; tests give their own. */
  readonly machine?: Machine;
  readonly runProbe?: (argument: ProbeArgument) => Promise<ProbeFinding>;
}
export interface Machine {
  readonly platform: NodeJS.Platform;
  /** Device files of graphics adapters; Linux only. */
  readonly files: readonly string[];
  /** Names of adapters as far as the system tells them. */
  readonly adapters: readonly string[];
}

/** Processors this process may use; respects affinity and, on Linux, the limits of its control group. */
export const availableThreads = (): number => Math.max(1, availableParallelism());

/**
 * The device that runs the models: the first of cuda, coreml, dml, webgpu that is a real adapter, computes the probe
 * model right and faster than the processor; otherwise the processor. A machine without an adapter starts no probe.
 * @throws MODEL_FAILED when a device is named that cannot be used
 */
export async function chooseDevice(choice: DeviceChoice): Promise<DeviceInfo> {
  const { wanted, threads, log } = choice;
  const machine = choice.machine ?? thisMachine();
  const cpu = { id: 'cpu', name: cpus()[0]?.model.trim() ?? 'CPU', threads };
  if (wanted === 'cpu') return { ...cpu, reason: 'named in the settings', probes: [] };
  if (wanted !== 'auto') return namedDevice(choice, machine);
  const probes: Probe[] = [];
  for (const device of ORDER) {
    const missing = missingHardware(device, machine);
    const probe =
      missing === undefined
        ? judge(device, await findingOf(device, choice), machine)
        : { device, ok: false, reason: missing };
    probes.push(probe);
    log.debug({ probe }, `device ${device}: ${probe.reason}`);
    if (probe.ok) return { id: device, name: probe.adapter ?? device, reason: probe.reason, probes };
  }
  return { ...cpu, reason: 'no graphics device is usable and faster', probes };
}

/** A device that is named needs only compute right: whoever names it may want a slow or virtual one. */
async function namedDevice(choice: DeviceChoice, machine: Machine): Promise<DeviceInfo> {
  const { wanted } = choice;
  const refuse = (reason: string): VisionError =>
    new VisionError('MODEL_FAILED', `The device "${wanted}" cannot be used: ${reason}`, {
      hint: `Set FOVEA_DEVICE to auto, or to one of ${NAMES.join(', ')} that this machine has.`,
    });
  if (!NAMES.some((name) => name === wanted)) throw refuse('there is no device of that name');
  const finding = await findingOf(wanted, choice);
  const probe = judge(wanted, finding, machine);
  if (!computes(finding)) throw refuse(missingHardware(wanted, machine) ?? probe.reason);
  return {
    id: wanted,
    name: probe.adapter ?? wanted,
    reason: `named in the settings; ${probe.reason}`,
    probes: [probe],
  };
}

/** Why a device cannot be there at all, told without starting anything. */
export function missingHardware(device: string, { platform, files }: Machine): string | undefined {
  const needs = { coreml: 'darwin', dml: 'win32' }[device];
  if (needs !== undefined) return platform === needs ? undefined : `only on ${needs}`;
  if (platform === 'darwin' && (device === 'cuda' || device === 'tensorrt')) return 'not on darwin';
  if (platform !== 'linux') return undefined;
  const nvidia = files.some((file) => /^\/dev\/(nvidia|dxg)/.test(file));
  if (device === 'webgpu')
    return files.length > 0 ? undefined : 'no graphics device: neither /dev/dri nor /dev/nvidia* is there';
  return nvidia ? undefined : 'no NVIDIA device: /dev/nvidia* is not there';
}

const computes = ({ error, deviation }: ProbeFinding): boolean =>
  error === undefined && deviation !== undefined && deviation <= TOLERANCE;

/** Whether a device wins, and why. */
export function judge(device: string, finding: ProbeFinding, machine: Machine): Probe {
  const { error, deviceMs = NaN, cpuMs = NaN, deviation = NaN, drivers = [] } = finding;
  const probe = { device, ok: false };
  if (error !== undefined) return { ...probe, reason: error };
  const adapter = adapterName(device, machine);
  const measured = { ...probe, ms: round(deviceMs), ...(adapter === undefined ? {} : { adapter }) };
  const figures = `${round(deviceMs)} ms, the processor ${round(cpuMs)} ms`;
  if (!computes(finding))
    return { ...measured, reason: `computes the probe wrong: deviation ${deviation.toExponential(1)}` };
  if (device === 'webgpu' && machine.platform === 'linux' && !drivers.some(isHardwareDriver))
    return {
      ...measured,
      reason: `a software adapter (${drivers.join(', ') || 'no driver library'}); ${figures}`,
    };
  if (!(deviceMs < cpuMs)) return { ...measured, reason: `not faster: ${figures}` };
  return { ...measured, ok: true, reason: `faster: ${figures}` };
}

/** Vulkan drivers that compute on the processor are Mesa's lavapipe (lvp) and SwiftShader. */
export const isHardwareDriver = (library: string): boolean =>
  /^(libGLX_nvidia|libEGL_nvidia|libnvidia-(glcore|vulkan)|libvulkan_(?!lvp|virtio|gfxstream)|libvk_(?!swiftshader))/.test(
    library,
  ) && !/^libvulkan\.so/.test(library);

function adapterName(device: string, { adapters }: Machine): string | undefined {
  const nvidia = adapters.find((name) => /nvidia/i.test(name));
  return device === 'cuda' || device === 'tensorrt' ? nvidia : (nvidia ?? adapters[0]);
}

const round = (ms: number): number => Math.round(ms * 100) / 100;

/** Starts the throwaway process; whatever happens to it is a finding. */
function findingOf(
  device: string,
  { threads, environment, runProbe, log }: DeviceChoice,
): Promise<ProbeFinding> {
  const argument = { device, threads };
  return (runProbe ?? ((own) => probeInChild(own, { environment, limitMs: PROBE_MS, log })))(argument);
}

export function probeInChild(
  argument: ProbeArgument,
  { environment, limitMs, log }: Pick<DeviceChoice, 'environment' | 'log'> & { limitMs: number },
): Promise<ProbeFinding> {
  const child = startChild({
    entry: 'probe-main',
    argument,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    environment,
  });
  let result = '';
  let stderr = '';
  let late = false;
  (child.stdio[3] as Readable).setEncoding('utf8').on('data', (text: string) => (result += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-2000)));
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limitMs);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error: error.message }));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (stderr) log.debug({ device: argument.device, stderr }, 'device probe');
      if (result) resolve(JSON.parse(result) as ProbeFinding);
      else if (late) resolve({ error: `the probe did not end within ${limitMs} ms` });
      else resolve({ error: `the probe crashed (${signal ?? `exit code ${code}`})` });
    });
  });
}

function thisMachine(): Machine {
  const { platform } = process;
  if (platform !== 'linux') return { platform, files: [], adapters: [] };
  const files = [...listed('/dev', /^(nvidia(ctl|\d+)|dxg)$/), ...listed('/dev/dri', /^renderD/)];
  return { platform, files, adapters: linuxAdapters() };
}

function linuxAdapters(): string[] {
  const nvidia = listed('/proc/driver/nvidia/gpus', /./).map(
    (folder) => /Model:\s*(.+)/.exec(read(`${folder}/information`))?.[1],
  );
  const vendors: Record<string, string> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };
  const render = listed('/sys/class/drm', /^renderD/).map(
    (node) => vendors[read(`${node}/device/vendor`).trim()],
  );
  return [...new Set([...nvidia, ...render].filter((name) => name !== undefined))].map((name) =>
    /^NVIDIA/i.test(name) || Object.values(vendors).includes(name) ? name : `NVIDIA ${name}`,
  );
}

const listed = (folder: string, name: RegExp): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((entry) => name.test(entry))
        .map((entry) => `${folder}/${entry}`)
    : [];
const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
