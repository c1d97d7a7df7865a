import { ERROR_CODES, type TaskInfo } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { openApi } from './openapi.ts';

const task: TaskInfo = {
  task: 'classification',
  title: 'Title',
  description: 'Description',
  app: 'classification',
  kind: 'labels',
  inputs: [{ name: 'image', media: 'image', min: 1, max: 1 }],
  models: [{ role: 'primary', default: 'a', choices: ['a', 'b'] }],
  params: { type: 'object', properties: { topK: { type: 'integer', default: 5, description: 'how many' } } },
  result: {},
};
interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; parameters?: { name: string }[] }>>;
  components: { schemas: Record<string, unknown> };
}
const document = openApi([task], '1.2.3+abc') as unknown as Document;

describe('openApi', () => {
  it('is OpenAPI 3.1 with an operation per task', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const run = document.paths['/v1/tasks/classification']?.['post'];
    expect(run?.operationId).toBe('run-classification');
    expect(run?.parameters?.map(({ name }) => name)).toContain('topK');
  });

  it('refers only to schemas that it has', () => {
    const refs = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/([A-Za-z]+)/g)].map(
      (match) => match[1] as string,
    );
    expect(refs.length).toBeGreaterThan(20);
    expect(JSON.stringify(document)).not.toContain('$defs');
    for (const id of new Set(refs)) expect(Object.keys(document.components.schemas)).toContain(id);
  });

  it('names every operation once', () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path)
        .map(({ operationId }) => operationId)
        .filter(Boolean),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('lists every error code', () => {
    const problem = JSON.stringify(document.components.schemas['Problem']);
    for (const code of ERROR_CODES) expect(problem).toContain(`"${code}"`);
  });
});
