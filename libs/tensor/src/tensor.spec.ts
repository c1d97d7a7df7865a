import { describe, expect, it } from 'vitest';
import { elementBytes, elementCount, isTensorType, tensor, TENSOR_TYPES, viewAs } from './tensor.ts';

describe('tensor', () => {
  it('keeps the array it is given', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    expect(tensor('float32', [2, 2], data).data).toBe(data);
  });
  it('refuses an array of another type', () => {
    expect(() => tensor('float32', [1], Float64Array.of(1) as unknown as Float32Array)).toThrow(TypeError);
  });
  it('refuses data that does not fill the dims', () => {
    expect(() => tensor('uint8', [2, 3], new Uint8Array(5))).toThrow(
      'dims [2, 3] need 6 elements, data has 5',
    );
  });
  it('counts the elements of scalars, vectors and empty shapes', () => {
    expect([elementCount([]), elementCount([3]), elementCount([2, 0, 4])]).toEqual([1, 3, 0]);
  });
  it('knows its types and their size', () => {
    expect(TENSOR_TYPES.map(elementBytes)).toEqual([1, 1, 4, 8, 4, 8, 1]);
    expect([isTensorType('int64'), isTensorType('toString')]).toEqual([true, false]);
  });
});

describe('viewAs', () => {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setFloat32(4, 1.5, true);
  it('views aligned bytes without a copy', () => {
    const view = viewAs('float32', bytes.subarray(4, 8));
    expect([view[0], view.buffer === bytes.buffer]).toEqual([1.5, true]);
  });
  it('copies bytes that are not aligned', () => {
    const shifted = new Uint8Array(13);
    shifted.set(bytes, 1);
    const view = viewAs('float32', shifted.subarray(5, 9));
    expect([view[0], view.buffer === shifted.buffer]).toEqual([1.5, false]);
  });
  it('copies those of a Node Buffer too, whose slice() would be a view', () => {
    const shifted = Buffer.alloc(13);
    shifted.set(bytes, 1);
    expect(viewAs('float32', shifted.subarray(5, 9))[0]).toBe(1.5);
  });
});
