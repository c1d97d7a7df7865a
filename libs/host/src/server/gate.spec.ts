import { VisionError } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { createGate } from './gate.ts';

const open = createGate({ host: '127.0.0.1', apiKey: undefined, allowedHosts: ['vision.example.org'] });
const locked = createGate({ host: '0.0.0.0', apiKey: 'a key of sixteen or more', allowedHosts: [] });
const code = (action: () => void): string => {
  try {
    action();
    return 'admitted';
  } catch (error) {
    return error instanceof VisionError ? error.code : String(error);
  }
};

describe('checkOrigin of an open server', () => {
  it.each([
    ['a program', { host: 'localhost:3000' }, 'admitted'],
    ['a program by address', { host: '127.0.0.1:3000' }, 'admitted'],
    ['a program by IPv6', { host: '[::1]:3000' }, 'admitted'],
    ['its own page', { host: 'localhost:3000', origin: 'http://localhost:3000' }, 'admitted'],
    ['a name that is allowed', { host: 'vision.example.org' }, 'admitted'],
    ['a page behind the proxy', { host: 'localhost:3000', origin: 'https://vision.example.org' }, 'admitted'],
    [
      'a link from elsewhere',
      { host: 'localhost:3000', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      'admitted',
    ],
    ['a rebound name', { host: 'evil.example:3000' }, 'FORBIDDEN'],
    ['a page of another site', { host: 'localhost:3000', origin: 'https://evil.example' }, 'FORBIDDEN'],
    ['a page of another port', { host: 'localhost:3000', origin: 'http://localhost:8080' }, 'FORBIDDEN'],
    ['a sandboxed page', { host: 'localhost:3000', origin: 'null' }, 'FORBIDDEN'],
    [
      'an image of another site',
      { host: 'localhost:3000', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      'FORBIDDEN',
    ],
    ['no Host', {}, 'FORBIDDEN'],
    ['a damaged Host', { host: 'a b' }, 'FORBIDDEN'],
  ])('%s', (_who, headers, expected) => expect(code(() => open.checkOrigin(headers))).toBe(expected));
});

describe('a server with a key', () => {
  it('answers any name', () =>
    expect(code(() => locked.checkOrigin({ host: 'camera-box.lan:3000' }))).toBe('admitted'));
  it('still refuses pages of other sites', () =>
    expect(code(() => locked.checkOrigin({ host: 'camera-box.lan', origin: 'https://evil.example' }))).toBe(
      'FORBIDDEN',
    ));
  it.each([
    ['no key', {}, undefined, 'UNAUTHENTICATED'],
    ['a wrong key', { authorization: 'Bearer wrong' }, undefined, 'UNAUTHENTICATED'],
    ['the key without Bearer', { authorization: 'a key of sixteen or more' }, undefined, 'UNAUTHENTICATED'],
    ['the key', { authorization: 'Bearer a key of sixteen or more' }, undefined, 'admitted'],
    ['the key of a socket', {}, 'a key of sixteen or more', 'admitted'],
  ])('%s', (_what, headers, token, expected) =>
    expect(code(() => locked.checkKey(headers, token))).toBe(expected),
  );
});
