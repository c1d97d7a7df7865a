import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLACK, contrast, labelColour, luminance, oklch, PANELS, textColourOn, WHITE } from './colours.ts';

const coloured = fc.record({ label: fc.string(), classId: fc.option(fc.nat(100_000), { nil: undefined }) });

describe('contrast', () => {
  it('is WCAG’s', () => {
    expect(contrast('#000000', '#ffffff')).toBe(21);
    expect(contrast('#ffffff', '#ffffff')).toBe(1);
    // The grey that WCAG's own examples put at 4.54 on white.
    expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
    expect(luminance('#ff0000')).toBeCloseTo(0.2126, 4);
  });
});

describe('labelColour', () => {
  it('is a colour, the same every time', () => {
    fc.assert(
      fc.property(coloured, (each) => {
        expect(labelColour(each)).toMatch(/^#[0-9a-f]{6}$/);
        expect(labelColour({ ...each })).toBe(labelColour(each));
      }),
    );
    expect(labelColour({ label: 'person', classId: 0 })).toBe('#ef6661');
  });
  it('lets names without a number decide', () => {
    expect(labelColour({ label: 'cat' })).not.toBe(labelColour({ label: 'dog' }));
    expect(labelColour({ label: 'cat', classId: 3 })).toBe(labelColour({ label: 'dog', classId: 3 }));
  });
  it('can be read under its text, and seen on the panels', () => {
    fc.assert(
      fc.property(coloured, (each) => {
        const colour = labelColour(each);
        expect(contrast(colour, textColourOn(colour))).toBeGreaterThanOrEqual(4.5);
        expect(contrast(colour, PANELS.dark.plate)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(labelColour(each, 'light'), PANELS.light.plate)).toBeGreaterThanOrEqual(3);
      }),
    );
  });
  it('spreads over the circle: classes that are neighbours are far apart, eighty are all different', () => {
    const colours = Array.from({ length: 80 }, (_, classId) => labelColour({ label: '', classId }));
    expect(new Set(colours).size).toBe(80);
    for (let i = 0; i < 80; i++)
      for (let j = Math.max(0, i - 5); j < i; j++)
        expect(distance(colours[i]!, colours[j]!)).toBeGreaterThan(45);
  });
});

describe('text colours', () => {
  it('can be read on any colour', () => {
    fc.assert(
      fc.property(fc.nat(0xffffff), (value) => {
        const colour = `#${value.toString(16).padStart(6, '0')}`;
        expect(contrast(colour, textColourOn(colour))).toBeGreaterThanOrEqual(4.3);
      }),
    );
    expect([textColourOn('#ffffff'), textColourOn('#000000')]).toEqual([BLACK, WHITE]);
  });
  it.each(['dark', 'light'] as const)('can be read on the %s panel', (theme) => {
    expect(contrast(PANELS[theme].text, PANELS[theme].plate)).toBeGreaterThan(7);
  });
});

describe('oklch', () => {
  // References: coloraide 6, Color('oklch', …).convert('srgb').
  it.each([
    [0.7, 0.1, 250, '#6da3da'],
    [0.76, 0.12, 140, '#87c47a'],
    [0.5, 0.08, 20, '#8b5050'],
    [1, 0, 0, '#ffffff'],
    [0, 0, 0, '#000000'],
  ])('agrees with CSS Color 4: %d %d %d', (lightness, chroma, hue, colour) => {
    expect(oklch(lightness, chroma, hue)).toBe(colour);
  });
  it('lowers a chroma that sRGB does not have', () => {
    expect(oklch(0.84, 0.4, 264)).toMatch(/^#[0-9a-f]{6}$/);
    expect(contrast(oklch(0.84, 0.4, 264), oklch(0.84, 0, 0))).toBeLessThan(1.1);
  });
});

function distance(a: string, b: string): number {
  return Math.hypot(
    ...[1, 3, 5].map((at) => parseInt(a.slice(at, at + 2), 16) - parseInt(b.slice(at, at + 2), 16)),
  );
}
