import { describe, expect, it } from 'vitest';
import { describeSettings, isLoopback, readSettings, SETTINGS } from './settings.ts';

const read = (env: Record<string, string> = {}) => readSettings(env, '/srv/fovea');

describe('readSettings', () => {
  it('needs no environment at all', () => {
    const settings = read();
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      dataDir: '/srv/fovea/.fovea',
      device: 'auto',
    });
    expect(settings.maxBytes).toBe(32 * 1024 * 1024);
    expect(settings.databaseUrl).toBeUndefined();
  });

  it.each([
    ['32MiB', 33_554_432],
    ['2 GB', 2_000_000_000],
    ['1.5kib', 1536],
    ['77', 77],
    ['77B', 77],
  ])('reads sizes: %s', (text, bytes) => expect(read({ FOVEA_MAX_BYTES: text }).maxBytes).toBe(bytes));

  it('reads lists and remote applications', () => {
    const settings = read({
      FOVEA_APPS: ' classification, pose ,',
      FOVEA_REMOTE_APPS: 'pose=http://pose:3000/',
    });
    expect(settings.apps).toEqual(['classification', 'pose']);
    expect(settings.remoteApps).toEqual({ pose: 'http://pose:3000' });
  });

  it('reads how vectors are searched', () => {
    expect(read()).toMatchObject({ vectors: 'auto', semanticCatalog: true, vectorMemoryBytes: undefined });
    expect(
      read({ FOVEA_VECTORS: 'exact', FOVEA_VECTOR_MEMORY: '2GiB', FOVEA_SEMANTIC_CATALOG: '0' }),
    ).toMatchObject({ vectors: 'exact', semanticCatalog: false, vectorMemoryBytes: 2 * 1024 ** 3 });
    expect(() => read({ FOVEA_VECTORS: 'annoy' })).toThrow(/FOVEA_VECTORS/);
  });

  it('treats an empty variable as not set', () => expect(read({ FOVEA_PORT: ' ' }).port).toBe(3000));

  it('names every variable that is wrong at once', () => {
    expect(() => read({ FOVEA_PORT: '70000', FOVEA_DEVICE: 'abacus', FOVEA_REMOTE_APPS: 'pose' })).toThrow(
      /FOVEA_PORT.*FOVEA_REMOTE_APPS.*FOVEA_DEVICE/,
    );
  });

  it('finds misspelt settings', () =>
    expect(() => read({ FOVEA_PROT: '1' })).toThrow(/FOVEA_PROT is not a setting/));

  it('refuses an open address without a key', () => {
    expect(() => read({ FOVEA_HOST: '0.0.0.0' })).toThrow(/FOVEA_API_KEY/);
    expect(read({ FOVEA_HOST: '0.0.0.0', FOVEA_API_KEY: 'k'.repeat(16) }).host).toBe('0.0.0.0');
  });
});

describe('describeSettings', () => {
  it('says where each value comes from and shows no secret', () => {
    const env = { FOVEA_API_KEY: 'correct horse battery', FOVEA_PORT: '0' };
    const lines = describeSettings(readSettings(env, '/'), env);
    expect(lines).toHaveLength(Object.keys(SETTINGS).length);
    expect(lines.find((line) => line.env === 'FOVEA_PORT')).toMatchObject({
      value: '0',
      source: 'environment',
    });
    expect(lines.find((line) => line.env === 'FOVEA_HOST')).toMatchObject({ source: 'default' });
    expect(JSON.stringify(lines)).not.toContain('correct horse');
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
])('isLoopback %s is %s', (host, loopback) => expect(isLoopback(host)).toBe(loopback));
