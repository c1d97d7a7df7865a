import type { Theme } from './view.ts';

// Colours of labels: they follow from the class or the name alone, so they are the same in every picture, page and run.

export const BLACK = '#0b0f14';
export const WHITE = '#ffffff';

/** Panels of both themes: background, text, and the empty part of a bar. */
export const PANELS: Readonly<
  Record<Theme, { plate: string; text: string; track: string; opacity: number }>
> = {
  dark: { plate: BLACK, text: WHITE, track: '#4b5563', opacity: 0.82 },
  light: { plate: WHITE, text: BLACK, track: '#cbd5e1', opacity: 0.9 },
};

/** FNV-1a, 32 bits, then mixed (murmur3's finaliser): names that differ in a letter land far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Lightness in OKLCH; three steps tell labels of near hues apart. */
const LIGHTNESS: Readonly<Record<Theme, readonly number[]>> = {
  dark: [0.68, 0.76, 0.84],
  light: [0.46, 0.52, 0.58],
};
/** Steps of the golden angle leave any few neighbours far apart on the circle. */
const GOLDEN_ANGLE = 137.508;

/** What a colour belongs to. */
export interface Coloured {
  readonly label: string;
  /** Class or track number: neighbours get very different colours. Without it the name decides. */
  readonly classId?: number | undefined;
}

/**
 * The colour of a label: always the same for the same class of a model, or the same name where there is no number.
 * Contrast with the panel of its theme: at least 4.5 on dark, 3 on light.
 * @param on the theme it is seen on; on pictures use the default, `dark`: the bright one
 * @example labelColour({ label: 'cat', classId: 15 }); // '#…'
 */
export function labelColour({ label, classId }: Coloured, on: Theme = 'dark'): string {
  const index = classId ?? hash(label) % 997;
  return oklch(LIGHTNESS[on][index % 3]!, 0.17, (index * GOLDEN_ANGLE + 25) % 360);
}

/** OKLCH (Ottosson 2020) as #rrggbb; chroma is lowered until the colour exists in sRGB. */
export function oklch(lightness: number, chroma: number, hueDegrees: number): string {
  const hue = (hueDegrees * Math.PI) / 180;
  for (let c = chroma; ; c -= 0.005) {
    const rgb = oklabToLinear(lightness, Math.max(0, c) * Math.cos(hue), Math.max(0, c) * Math.sin(hue));
    if (c > 0 && rgb.some((value) => value < 0 || value > 1)) continue;
    return `#${rgb.map((value) => hexByte(encodeGamma(value))).join('')}`;
  }
}

function oklabToLinear(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const encodeGamma = (value: number) =>
  value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
const decodeGamma = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const hexByte = (value: number) =>
  Math.round(Math.max(0, Math.min(1, value)) * 255)
    .toString(16)
    .padStart(2, '0');

/** Relative luminance of #rrggbb (WCAG 2.2), 0..1. */
export function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => decodeGamma(parseInt(colour.slice(at, at + 2), 16) / 255));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Contrast ratio of two colours (WCAG 2.2), 1..21. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

/** Black or white, whichever can be read better on that colour. */
export const textColourOn = (colour: string): string =>
  contrast(colour, BLACK) >= contrast(colour, WHITE) ? BLACK : WHITE;
