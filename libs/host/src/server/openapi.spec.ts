import { defineOperation, defineResource } from '@fovea/application';
import {
  AddedItems,
  CollectionPage,
  CollectionQuery,
  ERROR_CODES,
  Metadata,
  MetadataFilter,
  type TaskInfo,
} from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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
const shelves = defineResource({
  name: 'shelves',
  title: 'Shelves',
  models: {},
  operations: [
    defineOperation({
      name: 'list',
      method: 'GET',
      path: '',
      summary: 'Shelves',
      query: CollectionQuery,
      answer: CollectionPage,
      problems: [],
      run: () => Promise.resolve({ items: [], nextCursor: null }),
    }),
    defineOperation({
      name: 'fill',
      method: 'POST',
      path: '/{id}/books/{book}',
      summary: 'Fill',
      status: 201,
      body: z.strictObject({ filter: MetadataFilter.optional(), metadata: Metadata.optional() }),
      files: ['image', 'archive'],
      answer: AddedItems,
      mayAccept: true,
      problems: ['CONFLICT', 'INTERNAL'],
      run: () => Promise.resolve({ items: [] }),
    }),
    defineOperation({
      name: 'burn',
      method: 'DELETE',
      path: '/{id}/books/{book}',
      summary: 'Burn',
      status: 204,
      problems: ['NOT_FOUND'],
      run: () => Promise.resolve(),
    }),
  ],
});
const document = openApi([task], '1.2.3+abc', [shelves]) as unknown as Document;

describe('openApi', () => {
  it('is OpenAPI 3.1 with an operation per task', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const run = document.paths['/v1/tasks/classification']?.['post'];
    expect(run?.operationId).toBe('run-classification');
    expect(run?.parameters?.map(({ name }) => name)).toContain('topK');
  });

  it('has the operations of resources under their own tag', () => {
    const { paths } = document;
    expect(paths['/v1/shelves']?.['get']).toMatchObject({
      operationId: 'shelves-list',
      tags: ['shelves'],
      parameters: [{ name: 'limit' }, { name: 'cursor' }],
      responses: {
        '200': {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/CollectionPage' } } },
        },
      },
    });
    const fill = paths['/v1/shelves/{id}/books/{book}']?.['post'] as unknown as {
      requestBody: { content: object };
      responses: object;
    };
    expect(fill).toMatchObject({
      parameters: [{ name: 'id', in: 'path' }, { name: 'book' }, { name: 'Prefer' }],
    });
    expect(Object.keys(fill.requestBody.content)).toEqual([
      'application/json',
      'multipart/form-data',
      'image/*',
      'application/zip',
    ]);
    expect(Object.keys(fill.responses)).toEqual(expect.arrayContaining(['201', '202', '409', '500']));
    const { components } = document;
    expect(components.schemas['ShelvesFillRequest']).toMatchObject({
      properties: { filter: { $ref: '#/components/schemas/MetadataFilter' } },
      additionalProperties: false,
    });
    const burn = paths['/v1/shelves/{id}/books/{book}']?.['delete'];
    expect(burn).toMatchObject({ responses: { '204': {}, '404': {} } });
    expect(burn).not.toHaveProperty('requestBody');
  });

  it('refers only to schemas that it has', () => {
    const refs = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(
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
