import type { Image, RunContext } from '@fovea/application';
import { definitionConformance } from '@fovea/testing';
import { describe, expect, it } from 'vitest';
import { embedding } from './embedding.ts';

const picture: Image = { width: 1, height: 1, rgb: new Uint8Array(3) };
/** Nothing may be run before the request is understood. */
const untouched = {
  models: {},
  stage: () => Promise.reject(new TypeError('a stage was run')),
} as unknown as RunContext;

it('is a well-made definition', () => expect(definitionConformance(embedding)).toEqual([]));

describe('the models of a run', () => {
  const rolesOf = (given: object): string[] => {
    const params = embedding.params.parse(given);
    return Object.entries(embedding.models)
      .filter(([, { usedWhen }]) => usedWhen?.(params, 'efficientnet-lite0') ?? true)
      .map(([role]) => role);
  };
  it.each([
    [{}, ['primary']],
    [{ space: 'visual' }, ['primary']],
    [{ text: ' ' }, ['primary']],
    [{ space: 'cross-modal' }, ['primary', 'projection']],
    [{ text: 'a dog' }, ['primary', 'projection', 'text', 'text-projection']],
    [{ text: 'a dog', space: 'cross-modal' }, ['primary', 'projection', 'text', 'text-projection']],
  ])('%o', (params, roles) => expect(rolesOf(params)).toEqual(roles));
});

describe('what cannot be', () => {
  it.each([
    ['neither picture nor text', undefined, {}, 'INVALID_REQUEST', /as the parameter "text"/],
    ['a text of blanks', undefined, { text: ' \n' }, 'INVALID_REQUEST', /as the parameter "text"/],
    ['both', picture, { text: 'a dog' }, 'INVALID_REQUEST', /two requests/],
    [
      'a text in the space visual',
      undefined,
      { text: 'a dog', space: 'visual' },
      'INVALID_PARAMETER',
      /cross-modal/,
    ],
  ])('%s', async (_what, image, given, code, hint) => {
    const failed = embedding.run(untouched, { image }, embedding.params.parse(given));
    await expect(failed).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
  });
  it('a text of more than 10,000 characters', () =>
    expect(embedding.params.safeParse({ text: 'x'.repeat(10_001) }).success).toBe(false));
});
