import { defineApplication, type AnyDefinition } from '@fovea/application';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { definitionConformance } from './definition-conformance.ts';
import { tinyManifestModel } from './manifest-model.ts';
import { identityModel } from './tiny-models.ts';

const models = [tinyManifestModel('tiny', identityModel())];
const good = defineApplication({
  task: 'classification',
  title: 'Classification',
  description: 'Says what is in a picture.',
  inputs: { image: { media: 'image', min: 1, max: 1 } },
  params: z.object({
    topK: z.int().min(1).default(5).describe('how many labels'),
    labels: z.array(z.string()).optional().describe('only these'),
  }),
  models: { primary: { choices: ['tiny'] } },
  run: () => Promise.resolve({ kind: 'labels', labels: [] }),
});
const broken = (change: object): AnyDefinition => ({ ...good, ...change }) as AnyDefinition;

describe('definitionConformance', () => {
  it('accepts a sound definition', () => {
    expect(definitionConformance(good, models)).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown task', { task: 'guessing' }, /not in the task list/],
    ['an empty title', { title: ' ' }, /title is empty/],
    ['an empty description', { description: '' }, /description is empty/],
    [
      'a reserved input name',
      { inputs: { params: { media: 'image', min: 1, max: 1 } } },
      /"params" is reserved/,
    ],
    ['an input of no media', { inputs: { image: { media: 'smell', min: 1, max: 1 } } }, /media type smell/],
    [
      'an input that wants less than nothing',
      { inputs: { image: { media: 'image', min: 2, max: 1 } } },
      /0 <= min/,
    ],
    ['a required parameter', { params: z.object({ topK: z.int().describe('…') }) }, /need a default/],
    [
      'a parameter without description',
      { params: z.object({ topK: z.int().default(5) }) },
      /topK has no description/,
    ],
    [
      'a default that is not valid',
      { params: z.object({ topK: z.int().min(1).default(0).describe('…') }) },
      /defaults are not valid/,
    ],
    [
      'a parameter without JSON Schema',
      { params: z.object({ when: z.date().optional().describe('…') }) },
      /no JSON Schema/,
    ],
    ['no primary model', { models: { encoder: { choices: ['tiny'] } } }, /no primary model/],
    ['a role without models', { models: { primary: { choices: [] } } }, /has no models/],
    [
      'a model that is not shipped',
      { models: { primary: { choices: ['ghost'] } } },
      /ghost .* not in the manifest/,
    ],
    ['a model twice', { models: { primary: { choices: ['tiny', 'tiny'] } } }, /names a model twice/],
    ['no run function', { run: undefined }, /run must be a function/],
  ])('finds %s', (_, change, message) => {
    expect(definitionConformance(broken(change), models).join('\n')).toMatch(message);
  });
});
