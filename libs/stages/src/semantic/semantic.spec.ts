import type { Image, StageModel } from '@fovea/application';
import { tensor } from '@fovea/tensor';
import { describe, expect, it } from 'vitest';
import { personMatte, semanticClasses } from './semantic.ts';

const image: Image = { rgb: new Uint8Array(6 * 4 * 3).fill(50), width: 6, height: 4 };
const modelOf = (output: object, names: string[]) =>
  ({
    id: 'tiny',
    classes: names.map((name, index) => ({ index, name })),
    inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', 8, 8, 3] }],
    outputs: [output],
  }) as unknown as StageModel;
const voc = modelOf({ name: 'logits', dtype: 'float32', shape: ['n', 3, 2, 2] }, [
  'background',
  'cat',
  'dog',
]);
const selfie = modelOf({ name: 'mask', dtype: 'float32', shape: ['n', 2, 2] }, []);

/** Background on the left, cat on the right, dog nowhere. */
const logits = tensor('float32', [1, 3, 2, 2], Float32Array.of(9, 0, 9, 0, 0, 9, 0, 9, -5, -5, -5, -5));
const mask = tensor('float32', [1, 2, 2], Float32Array.of(0, 1, 0, 1));

describe('semanticClasses', () => {
  const run = async (cutout?: string | number, model = voc) => {
    const params = { cutout };
    const { feeds, frame } = await semanticClasses.preprocess(image, params, model);
    expect(feeds['image']!.dims).toEqual([1, 8, 8, 3]);
    return semanticClasses.postprocess({ logits }, { frame, params, model });
  };
  it('names the classes there are, with their share of the picture', async () => {
    const map = await run();
    expect([...map.ids.subarray(0, 6)]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(map.classes).toEqual([
      { classId: 0, label: 'background', fraction: 0.5 },
      { classId: 1, label: 'cat', fraction: 0.5 },
    ]);
    expect(map).toMatchObject({ width: 6, height: 4, alpha: undefined });
  });
  it.each(['Cat', 1, '1'])('cuts out class %j', async (cutout) => {
    expect([...(await run(cutout)).alpha!.subarray(0, 6)]).toEqual([0, 0, 0, 255, 255, 255]);
  });
  it('cuts out nothing where the class is not in the picture', async () =>
    expect(new Set((await run('dog')).alpha)).toEqual(new Set([0])));
  it('refuses a class that there is not, before the model runs, and lists those there are', () =>
    expect(semanticClasses.preprocess(image, { cutout: 'cow' }, voc)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      hint: 'Its classes: background, cat, dog',
      errors: [{ path: 'cutout', message: 'unknown class "cow"' }],
    }));
  it('numbers the classes of a model without a label file', async () => {
    const model = { ...voc, classes: [] };
    expect((await run(2, model)).classes[1]!.label).toBe('class 1');
    await expect(run(3, model)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });
  it('refuses a model with another contract', () =>
    expect(semanticClasses.preprocess(image, {}, selfie)).rejects.toMatchObject({ code: 'MODEL_FAILED' }));
});

describe('personMatte', () => {
  const run = async (cutout?: string) => {
    const params = { cutout };
    const { frame } = await personMatte.preprocess(image, params, selfie);
    return personMatte.postprocess({ mask }, { frame, params, model: selfie });
  };
  it('is person where the probability is over one half', async () => {
    const map = await run();
    expect([...map.ids.subarray(0, 6)]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(map.classes.map(({ label }) => label)).toEqual(['background', 'person']);
  });
  it('cuts out with a soft edge: person and background make one', async () => {
    const person = [...(await run('person')).alpha!];
    const background = [...(await run('background')).alpha!];
    // Enlarged: 0, 0, 1/3, 2/3, 1, 1; the ramp goes from 0.2 to 0.8.
    expect(person.slice(0, 6)).toEqual([0, 0, 57, 198, 255, 255]);
    expect(person.map((opacity, i) => opacity + background[i]!)).toEqual(new Array(24).fill(255));
  });
});
