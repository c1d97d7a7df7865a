import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elementBytes, elementCount, TENSOR_TYPES } from '@fovea/tensor';
import { encodeHeader, FrameReader, type Frame, type FromHost } from './frames.ts';

const tensorHeader = fc.record({
  name: fc.string(),
  type: fc.constantFrom(...TENSOR_TYPES),
  dims: fc.array(fc.nat(5), { maxLength: 3 }),
});

it('reads frames back whatever the pieces they arrive in', () => {
  const frame = fc.array(tensorHeader, { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(frame, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (frames, sizes) => {
        const sent = frames.map((tensors, id): Frame<FromHost> => ({
          header: { op: 'answer', id, tensors },
          payloads: tensors.map(({ type, dims }, index) =>
            new Uint8Array(elementCount(dims) * elementBytes(type)).fill(index + id),
          ),
        }));
        const bytes = Buffer.concat(
          sent.flatMap(({ header, payloads }) => [encodeHeader(header), ...payloads]),
        );
        const received: Frame<FromHost>[] = [];
        const reader = new FrameReader<FromHost>((one) => received.push(one));
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          reader.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(received.map(({ header }) => header)).toEqual(sent.map(({ header }) => header));
        expect(received.map(({ payloads }) => payloads.map((payload) => [...payload]))).toEqual(
          sent.map(({ payloads }) => payloads.map((payload) => [...payload])),
        );
      },
    ),
  );
});

it('gives each tensor memory of its own, so that every element type is aligned', () => {
  const received: Frame<FromHost>[] = [];
  const reader = new FrameReader<FromHost>((one) => received.push(one));
  const tensors = [
    { name: 'a', type: 'uint8', dims: [3] },
    { name: 'b', type: 'int64', dims: [1] },
  ] as const;
  reader.push(Buffer.concat([encodeHeader({ op: 'answer', id: 1, tensors }), Buffer.alloc(11)]));
  expect(received[0]?.payloads.map((payload) => payload.byteOffset)).toEqual([0, 0]);
});
