import { defineApplication } from '@fovea/application';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseParams, queryParams } from './params.ts';

const definition = defineApplication({
  task: 'classification',
  title: 'T',
  description: 'D',
  inputs: { image: { media: 'image', min: 1, max: 1 } },
  params: z.object({
    topK: z.int().min(1).max(10).default(5),
    minScore: z.number().min(0).max(1).default(0),
    labels: z.array(z.string()).optional(),
    fast: z.boolean().default(false),
    boxes: z.array(z.array(z.number()).length(4)).optional(),
  }),
  models: { primary: { choices: ['large', 'small'] }, second: { choices: ['helper'] } },
  run: async () => ({ kind: 'labels', labels: [] }),
});
const schema = z.toJSONSchema(definition.params, { io: 'input' });

describe('parseParams', () => {
  it('fills in defaults and the default models', () =>
    expect(parseParams(definition, undefined)).toEqual({
      params: { topK: 5, minScore: 0, fast: false },
      models: { primary: 'large', second: 'helper' },
    }));
  it('lets the request choose models by role', () => {
    expect(parseParams(definition, {}, { model: 'small' }).models).toEqual({
      primary: 'small',
      second: 'helper',
    });
    expect(parseParams(definition, { models: { primary: 'small' } }).models['primary']).toBe('small');
  });
  it.each([
    [{ topK: 0 }, /topK/],
    [{ topK: 2.5 }, /topK/],
    [{ minScore: 'much' }, /minScore/],
    [{ tpoK: 3 }, /tpoK/],
    [{ models: { third: 'x' } }, /no such role/],
    [{ models: 'large' }, /models must be/],
    [[1], /must be an object/],
    ['text', /must be an object/],
  ])('refuses %j', (params, message) => expect(() => parseParams(definition, params)).toThrow(message));
  it('names the models that would do', () =>
    expect(() => parseParams(definition, {}, { model: 'huge' })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('large, small') as string }),
    ));
  it('takes a model that the user added, as the primary only', () => {
    const ownModels = () => ['mine'];
    expect(parseParams(definition, {}, { model: 'mine', ownModels }).models['primary']).toBe('mine');
    expect(() => parseParams(definition, { models: { second: 'mine' } }, { ownModels })).toThrow(
      /does not serve/,
    );
  });
  it('names all wrong fields at once', () => {
    const wrong = () => parseParams(definition, { topK: 99, minScore: -1 });
    expect(wrong).toThrow(
      expect.objectContaining({
        errors: [expect.objectContaining({ path: 'topK' }), expect.objectContaining({ path: 'minScore' })],
      }),
    );
  });
});

describe('queryParams', () => {
  it.each([
    [{ topK: '3' }, { topK: 3 }],
    [{ minScore: '0.25' }, { minScore: 0.25 }],
    [{ labels: 'cat, dog' }, { labels: ['cat', 'dog'] }],
    [{ labels: ['cat', 'dog'] }, { labels: ['cat', 'dog'] }],
    [{ labels: '["a,b", "c"]' }, { labels: ['a,b', 'c'] }],
    [{ labels: ['["a,b"]', 'c'] }, { labels: ['a,b', 'c'] }],
    [{ labels: ['cat'] }, { labels: ['cat'] }],
    [
      { boxes: '[[1, 2, 3, 4], [5, 6, 7.5, 8]]' },
      {
        boxes: [
          [1, 2, 3, 4],
          [5, 6, 7.5, 8],
        ],
      },
    ],
    [{ boxes: '[1, 2, 3, 4]' }, { boxes: [[1, 2, 3, 4]] }],
    [
      { boxes: ['[1,2,3,4]', '[[5,6,7,8],[9,9,9,9]]'] },
      {
        boxes: [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
          [9, 9, 9, 9],
        ],
      },
    ],
    [{ boxes: '[[1, 2' }, { boxes: '[[1, 2' }],
    [{ boxes: '[]' }, { boxes: [] }],
    [{ fast: 'true' }, { fast: true }],
    [{ fast: 'maybe' }, { fast: 'maybe' }],
    [{ topK: 'three' }, { topK: 'three' }],
    [{ topK: '' }, { topK: '' }],
    [{ unknown: '1' }, { unknown: '1' }],
  ])('%j', (query, params) => expect(queryParams(schema as never, query)).toEqual(params));
});
