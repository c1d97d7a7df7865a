import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitText, textWidth, wrapText } from './text-width.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.lorem(),
);
const FAMILY = '👩‍👩‍👧‍👦';

describe('textWidth', () => {
  it('adds up and grows with the font', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(textWidth(`${a} ${b}`, 10)).toBeCloseTo(
          textWidth(a, 10) + textWidth(' ', 10) + textWidth(b, 10),
          6,
        );
        expect(textWidth(a, 20)).toBeCloseTo(2 * textWidth(a, 10), 6);
      }),
    );
  });
  it('knows narrow, wide and invisible characters', () => {
    expect(textWidth('iii', 10)).toBeLessThan(textWidth('nnn', 10));
    expect(textWidth('nnn', 10)).toBeLessThan(textWidth('WWW', 10));
    expect(textWidth('猫猫', 10)).toBeCloseTo(20.4);
    expect(textWidth('e\u0301', 10)).toBe(textWidth('e', 10));
  });
  // Sums of the advance widths in DejaVu Sans 2.37 and Liberation Sans (as wide as Arial), font size 1000.
  it.each([
    ['tabby cat 87 %', 7597, 6615],
    ['WILLIAM Moffat', 7741, 7168],
    ['sports ball 30 %', 8071, 7115],
    ['0123456789', 6362, 5562],
    ['a house with a red roof stands beside a road', 22369, 19735],
  ])('is not less than the fonts need, and not much more: %s', (line, dejaVu, arial) => {
    expect(textWidth(line, 1000)).toBeGreaterThanOrEqual(Math.max(dejaVu, arial));
    expect(textWidth(line, 1000)).toBeLessThan(dejaVu * 1.13);
  });
});

describe('fitText', () => {
  it('fits, and keeps what fits already', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 300 }), (given, maxWidth) => {
        const fitted = fitText(given, 10, maxWidth);
        // A sum of widths and the width of the sum differ in their last bits.
        expect(textWidth(fitted, 10)).toBeLessThanOrEqual(maxWidth + 1e-9);
        expect(fitted === given).toBe(textWidth(given, 10) <= maxWidth);
      }),
    );
  });
  it('never cuts within an emoji', () => {
    const cut = fitText(`${FAMILY}${FAMILY}${FAMILY}`, 10, textWidth(FAMILY, 10) * 2 + 12);
    expect(cut).toBe(`${FAMILY}${FAMILY}…`);
  });
});

describe('wrapText', () => {
  it('keeps lines in their room and words in their order', () => {
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 30, max: 200 }),
        fc.integer({ min: 1, max: 5 }),
        (given, maxWidth, maxLines) => {
          const lines = wrapText(given, 10, { maxWidth, maxLines });
          expect(lines.length).toBeLessThanOrEqual(maxLines);
          for (const line of lines) expect(textWidth(line, 10)).toBeLessThanOrEqual(maxWidth + 1e-9);
          const whole = lines.join('').replace(/\s/g, '');
          const wanted = given.replace(/\s/g, '');
          const isCut = whole.endsWith('…') && whole !== wanted;
          expect(isCut ? wanted.slice(0, whole.length - 1) : wanted).toBe(isCut ? whole.slice(0, -1) : whole);
        },
      ),
    );
  });
  it('breaks at spaces and ends in an ellipsis where it must', () => {
    expect(wrapText('a cat sits on a mat', 10, { maxWidth: 60, maxLines: 9 })).toEqual([
      'a cat sits',
      'on a mat',
    ]);
    expect(wrapText('a cat sits on a mat', 10, { maxWidth: 60, maxLines: 1 })).toEqual(['a cat sit…']);
    expect(wrapText('我家的猫在睡觉', 10, { maxWidth: 45, maxLines: 3 })).toEqual(['我家的猫', '在睡觉']);
    expect(wrapText('我家的猫', 10, { maxWidth: 4, maxLines: 3 })).toEqual([]);
    expect(wrapText('  ', 10, { maxWidth: 60, maxLines: 2 })).toEqual([]);
  });
});
