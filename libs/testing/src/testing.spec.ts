import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from '@fovea/application';
import { readModel } from '@fovea/onnx';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fixture, repositoryRoot, sharedData } from './fixtures.ts';
import { greyDistance } from './image-distance.ts';
import { tinyManifestModel } from './manifest-model.ts';
import { float, float32, node, tinyModel } from './tiny-model.ts';
import { columnsModel, garbageModel, twoOutputsModel } from './tiny-models.ts';

afterEach(() => vi.restoreAllMocks());

describe('fixtures', () => {
  it('finds a sample picture, and lists them for a wrong name', () => {
    expect(existsSync(fixture('cat-chelsea.jpg'))).toBe(true);
    expect(() => fixture('dog.jpg')).toThrow(/there are .*cat-chelsea\.jpg/);
  });

  it('says aloud, once, which data is not there', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect(sharedData('no-such-data-set')).toBeUndefined();
    expect(sharedData('no-such-data-set')).toBeUndefined();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('SKIPPED: tests on the data set "no-such-data-set"');
  });

  it('knows the root of the repository', () => {
    expect(readdirSync(join(repositoryRoot, 'libs'))).toContain('testing');
  });
});

describe('greyDistance', () => {
  const flat = (grey: number): Image => ({ width: 2, height: 1, rgb: new Uint8Array(6).fill(grey) });

  it('is the mean absolute difference of the grey values', () => {
    expect(greyDistance(flat(10), flat(10))).toBe(0);
    expect(greyDistance(flat(10), flat(14))).toBeCloseTo(4, 10);
    const green: Image = { width: 2, height: 1, rgb: Uint8Array.of(0, 255, 0, 0, 0, 0) };
    expect(greyDistance(flat(0), green)).toBeCloseTo((0.587 * 255) / 2, 6);
  });

  it('refuses pictures of different sizes', () => {
    expect(() => greyDistance(flat(0), { ...flat(0), width: 1, height: 2 })).toThrow(/2 x 1 and 1 x 2/);
  });
});

describe('tinyModel', () => {
  it('writes attributes as the kind they are', () => {
    const { nodes, initializers } = readModel(
      tinyModel({
        inputs: { x: ['float32', ['n', 2]] },
        outputs: { y: ['float32', ['n', 2]] },
        nodes: [
          node('Op', ['x', ''], ['y'], { axis: 1, alpha: float(2), beta: 0.5, mode: 'edge', pads: [0, 1] }),
        ],
        initializers: { half: { dtype: 'float16', value: float32([0.5]) } },
      }),
    ).graph;
    expect(nodes[0]?.attributes).toEqual({
      axis: { type: 'int', value: 1n },
      alpha: { type: 'float', value: 2 },
      beta: { type: 'float', value: 0.5 },
      mode: { type: 'string', value: 'edge' },
      pads: { type: 'ints', value: [0n, 1n] },
    });
    expect(initializers.get('half')).toEqual({ dtype: 'float16', value: float32([0.5]) });
  });
});

describe('tinyManifestModel', () => {
  it('describes the model as it is', () => {
    expect(tinyManifestModel('two', twoOutputsModel({ columns: 7 }))).toMatchObject({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 4] }],
      outputs: [
        { name: 'small', dtype: 'float32', shape: ['n', 1] },
        { name: 'large', dtype: 'float32', shape: ['n', 7] },
      ],
      batchable: true,
    });
  });

  it('takes changes, and unreadable bytes', () => {
    expect(tinyManifestModel('columns', columnsModel(), { batchable: false }).batchable).toBe(false);
    expect(tinyManifestModel('garbage', garbageModel()).inputs).toEqual([]);
  });
});
