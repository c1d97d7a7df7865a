import { defineApplication } from '@fovea/application';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Registry, type Application } from './registry.ts';

const definition = (task: 'classification' | 'caption') =>
  defineApplication({
    task,
    title: task,
    description: task,
    inputs: { image: { media: 'image', min: 1, max: 1 } },
    params: z.object({ topK: z.int().default(5) }),
    models: { primary: { choices: ['m'] } },
    run: () => Promise.reject(new Error('not run here')),
  });
const applications: Application[] = [
  { app: 'classification', definitions: [definition('classification')] },
  { app: 'language', definitions: [definition('caption')] },
];
const tasks = (options: Partial<ConstructorParameters<typeof Registry>[0]>) =>
  new Registry({ applications, ...options })
    .list()
    .map(({ task, remote }) => (remote ? `${task} at ${remote}` : task));

describe('Registry', () => {
  it('serves everything by default', () => expect(tasks({})).toEqual(['classification', 'caption']));
  it('serves what FOVEA_APPS names', () => expect(tasks({ apps: ['language'] })).toEqual(['caption']));
  it('forwards what FOVEA_REMOTE_APPS names, also beside a subset', () =>
    expect(tasks({ apps: ['classification'], remoteApps: { language: 'http://l:1' } })).toEqual([
      'classification',
      'caption at http://l:1',
    ]));
  it('describes parameters as JSON Schema with defaults', () =>
    expect(new Registry({ applications }).list()[0]?.params).toMatchObject({
      properties: { topK: { type: 'integer', default: 5 } },
    }));
  it.each([[{ apps: ['telepathy'] }], [{ remoteApps: { telepathy: 'http://t:1' } }]])(
    'refuses %j',
    (options) => expect(() => tasks(options)).toThrow(/no application "telepathy"/),
  );
  it('tells unknown tasks from those of later versions', () => {
    const registry = new Registry({ applications });
    expect(() => registry.get('telepathy')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(() => registry.get('detection')).toThrow(expect.objectContaining({ code: 'NOT_IMPLEMENTED' }));
    expect(registry.get('caption').app).toBe('language');
  });
  it('refuses a task that two applications define', () =>
    expect(
      () =>
        new Registry({
          applications: [...applications, { app: 'again', definitions: [definition('caption')] }],
        }),
    ).toThrow(TypeError));
});
