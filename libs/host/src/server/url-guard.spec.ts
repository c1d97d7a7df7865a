import { describe, expect, it } from 'vitest';
import { UrlGuard } from './url-guard.ts';

const check =
  (address: string, allow: string[] = []) =>
  () =>
    new UrlGuard(allow).check(new URL(address));

describe('UrlGuard', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://224.0.0.1/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://192.0.2.1/',
  ])('refuses %s', (address) => expect(check(address)).toThrow(/not a public address/));

  it.each([
    'ftp://example.org/',
    'file:///etc/passwd',
    'data:text/plain,hi',
    'http://user:pass@example.org/',
  ])('refuses %s', (address) => expect(check(address)).toThrow(/not fetched/));

  it.each(['http://8.8.8.8/', 'https://example.org/cat.jpg', 'http://[2606:4700::1]/'])(
    'lets %s pass',
    (address) => expect(check(address)).not.toThrow(),
  );

  it('lets allowed networks, addresses and names pass, and only them', () => {
    const allow = ['10.0.0.0/8', '192.168.7.7', 'camera.lan', 'fd00::/8'];
    expect(check('http://10.9.8.7/', allow)).not.toThrow();
    expect(check('http://192.168.7.7/', allow)).not.toThrow();
    expect(check('http://[fd12::1]/', allow)).not.toThrow();
    expect(check('http://192.168.7.8/', allow)).toThrow();
    const guard = new UrlGuard(allow);
    expect(() => guard.checkAddress('192.168.3.4', 'Camera.LAN')).not.toThrow();
    expect(() => guard.checkAddress('192.168.3.4', 'other.lan')).toThrow();
  });

  it('checks the address at connect time, whatever the name said before', async () => {
    const guard = new UrlGuard([]);
    const error = await new Promise<Error | null>((resolve) =>
      guard.lookup('localhost', { all: true }, (failure) => resolve(failure)),
    );
    expect(error).toMatchObject({ code: 'URL_REFUSED' });
  });
});
