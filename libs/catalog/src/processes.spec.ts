import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isAlive, processIdentity, processName } from './processes.ts';

test('this process lives, has a name and one identity', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processName(process.pid)).not.toBe('');
});

test('another process has another identity, and none after its end', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  const pid = child.pid as number;
  expect(isAlive(pid)).toBe(true);
  expect(processIdentity(pid)).not.toBe(processIdentity(process.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(pid)).toBe(false);
});
