import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

test('a cursor gives back the position it was made of', () => {
  fc.assert(
    fc.property(
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
      fc.uuid(),
      (createdAt, id) => {
        expect(decodeCursor(encodeCursor({ createdAt, id }))).toEqual({ createdAt, id });
      },
    ),
  );
});

test.each([
  '',
  'abc',
  '!!!',
  Buffer.from('12.not-a-uuid').toString('base64url'),
  Buffer.from('x.y.z').toString('base64url'),
])('a cursor of somebody else is refused: %s', (cursor) => {
  expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER' }));
});

test('any text is refused or a position, never another error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      let code = 'none';
      try {
        decodeCursor(text);
      } catch (error) {
        code = (error as { code: string }).code;
      }
      expect(['none', 'INVALID_PARAMETER']).toContain(code);
    }),
  );
});
