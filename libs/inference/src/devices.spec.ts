import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  availableThreads,
  chooseDevice,
  isHardwareDriver,
  missingHardware,
  probeInChild,
  type Machine,
} from './devices.ts';
import type { ProbeFinding } from './probe-main.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const bare: Machine = { platform: 'linux', files: [], adapters: [] };
const nvidia: Machine = {
  platform: 'linux',
  files: ['/dev/nvidia0', '/dev/nvidiactl'],
  adapters: ['NVIDIA H200'],
};
const intel: Machine = { platform: 'linux', files: ['/dev/dri/renderD128'], adapters: ['Intel'] };
const good: ProbeFinding = { deviceMs: 2, cpuMs: 30, deviation: 1e-6, drivers: ['libGLX_nvidia.so.570'] };

/** Chooses on a machine with these findings; `asked` are the devices that were probed. */
async function choose(machine: Machine, findings: Record<string, ProbeFinding>, wanted = 'auto') {
  const asked: string[] = [];
  const chosen = await chooseDevice({
    wanted,
    threads: 2,
    environment: {},
    log,
    machine,
    runProbe: async ({ device }) => {
      asked.push(device);
      return findings[device] ?? { error: 'not in this build' };
    },
  });
  return { chosen, asked };
}

describe('choice', () => {
  it('starts no probe on a machine without an adapter, and says why', async () => {
    const { chosen, asked } = await choose(bare, {});
    expect(asked).toEqual([]);
    expect(chosen).toMatchObject({ id: 'cpu', threads: 2 });
    expect(chosen.probes.map(({ device, ok }) => [device, ok])).toEqual([
      ['cuda', false],
      ['coreml', false],
      ['dml', false],
      ['webgpu', false],
    ]);
    expect(chosen.probes.at(-1)?.reason).toContain('/dev/dri');
  });

  it('probes in order and takes the first that is good, named and with figures', async () => {
    const { chosen, asked } = await choose(nvidia, { webgpu: good });
    expect(asked).toEqual(['cuda', 'webgpu']);
    expect(chosen).toMatchObject({
      id: 'webgpu',
      name: 'NVIDIA H200',
      reason: 'faster: 2 ms, the processor 30 ms',
    });
    expect((await choose(nvidia, { cuda: good, webgpu: good })).asked).toEqual(['cuda']);
  });

  it.each([
    ['computes wrong', { ...good, deviation: 0.5 }, /wrong/],
    ['computes nothing', { ...good, deviation: Infinity }, /wrong/],
    ['is slower', { ...good, deviceMs: 31 }, /not faster/],
    ['is software', { ...good, drivers: ['libvulkan.so.1.3', 'libvulkan_lvp.so'] }, /software adapter/],
    ['crashes', { error: 'the probe crashed (SIGSEGV)' }, /SIGSEGV/],
  ])('takes the processor where the device %s', async (_, finding, reason) => {
    const { chosen } = await choose(intel, { webgpu: finding });
    expect(chosen.id).toBe('cpu');
    expect(chosen.probes.at(-1)?.reason).toMatch(reason);
  });

  it('does as it is told, or refuses with the reason', async () => {
    expect((await choose(nvidia, {}, 'cpu')).asked).toEqual([]);
    expect((await choose(intel, { webgpu: { ...good, deviceMs: 99 } }, 'webgpu')).chosen).toMatchObject({
      id: 'webgpu',
    });
    await expect(choose(nvidia, {}, 'tensorrt')).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('not in this build') as string,
    });
    await expect(choose(bare, {}, 'cuda')).rejects.toMatchObject({
      message: expect.stringContaining('/dev/nvidia') as string,
    });
    await expect(choose(bare, {}, 'gpu')).rejects.toMatchObject({
      hint: expect.stringContaining('FOVEA_DEVICE') as string,
    });
  });
});

describe('what can be told without a probe', () => {
  it.each([
    ['cuda', nvidia, true],
    ['cuda', intel, false],
    ['webgpu', intel, true],
    ['coreml', nvidia, false],
    ['coreml', { ...bare, platform: 'darwin' }, true],
    ['cuda', { ...bare, platform: 'darwin' }, false],
    ['dml', { ...bare, platform: 'win32' }, true],
  ] as const)('%s', (device, machine, possible) => {
    expect(missingHardware(device, machine) === undefined).toBe(possible);
  });

  it.each([
    ['libvulkan_radeon.so', true],
    ['libvulkan_intel.so', true],
    ['libGLX_nvidia.so.0', true],
    ['libvulkan_lvp.so', false],
    ['libvk_swiftshader.so', false],
    ['libvulkan.so.1', false],
  ])('driver library %s', (library, hardware) => expect(isHardwareDriver(library)).toBe(hardware));

  it('takes the processors that this process may use', () =>
    expect(availableThreads()).toBe(availableParallelism()));
});

describe('the throwaway process', () => {
  const options = { environment: {}, limitMs: 60_000, log };

  it('measures a device that works against the processor', async () => {
    const finding = await probeInChild({ device: 'cpu', threads: 1 }, options);
    expect(finding).toMatchObject({ deviation: 0 });
    expect(finding.deviceMs).toBeGreaterThan(0);
  });

  it('tells what is wrong with one that does not', async () => {
    expect((await probeInChild({ device: 'abacus', threads: 1 }, options)).error).toContain('has only');
  });

  it('is ended when it takes too long', async () => {
    expect(await probeInChild({ device: 'cpu', threads: 1 }, { ...options, limitMs: 1 })).toEqual({
      error: 'the probe did not end within 1 ms',
    });
  });
});
