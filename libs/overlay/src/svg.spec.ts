// @vitest-environment jsdom
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toScene } from './scene.ts';
import type { Shape } from './shapes.ts';
import { escapeXml, toSvg } from './svg.ts';

const parse = (svg: string) => new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
/** The characters that XML 1.0 has. */
const isXml = (char: string) => (char >= ' ' ? !/[\ufffe\uffff]/.test(char) : '\t\n\r'.includes(char));
const plate = { x: 1, y: 1, width: 30, height: 12, color: '#ffcc00', radius: 2 };
const text = (value: string): Shape => ({
  type: 'text',
  text: value,
  label: value,
  x: 3,
  y: 9,
  width: 20,
  fontSize: 9,
  color: '#000000',
  plate,
});

describe('toSvg', () => {
  it('writes every kind of shape', () => {
    const stroke = { color: '#ff0000', width: 2, halo: '#000000', dash: [4, 3] } as const;
    const shapes: Shape[] = [
      { type: 'rect', x: 1.005, y: -0, width: 8, height: 4, stroke, item: 3, label: 'cat' },
      {
        type: 'polygon',
        rings: [
          [0, 0, 4, 0, 4, 3.5, 1, 2],
          [1, 1, 2, 2],
        ],
        fill: '#00ff00',
        fillOpacity: 0.4,
        opacity: 0.3,
      },
      { type: 'line', x1: 0, y1: 1, x2: 2, y2: 3, stroke: { color: '#0000ff', width: 1 }, opacity: 1 },
      { type: 'circle', x: 5, y: 5, radius: 2, fill: '#ffffff' },
      { ...text('cat'), anchor: 'middle' } as Shape,
    ];
    expect(toSvg(shapes, { width: 40, height: 20, scale: 2 })).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40" viewBox="0 0 40 20" font-family="sans-serif">
      <rect x="1" y="0" width="8" height="4" fill="none" stroke="#000000" stroke-width="3.6" stroke-linejoin="round" opacity="0.55"/>
      <rect x="1" y="0" width="8" height="4" fill="none" stroke="#ff0000" stroke-width="2" stroke-linejoin="round" stroke-dasharray="4 3" data-item="3" data-label="cat"/>
      <path d="M0 0h4v3.5l-3 -1.5zM1 1l1 1z" fill-rule="evenodd" fill="#00ff00" fill-opacity="0.4" opacity="0.3"/>
      <line x1="0" y1="1" x2="2" y2="3" stroke-linecap="round" fill="none" stroke="#0000ff" stroke-width="1" stroke-linejoin="round"/>
      <circle cx="5" cy="5" r="2" fill="#ffffff"/>
      <rect x="1" y="1" width="30" height="12" rx="2" fill="#ffcc00" data-label="cat"/>
      <text x="3" y="9" font-size="9" text-anchor="middle" fill="#000000" data-label="cat">cat</text>
      </svg>
      "
    `);
  });
  it('of a labels result looks as agreed', () => {
    const labels = [{ label: 'tabby, tabby cat', classId: 281, score: 0.75 }];
    const view = { width: 320, height: 240 };
    expect(toSvg(toScene({ kind: 'labels', labels }, view), view)).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240" viewBox="0 0 320 240" font-family="sans-serif">
      <rect x="6" y="209.5" width="160" height="24.5" rx="4" fill="#0b0f14" opacity="0.82"/>
      <text x="11.5" y="222.75" font-size="10" fill="#ffffff" data-item="0" data-label="tabby, tabby cat">tabby, tabby cat</text>
      <text x="160.5" y="222.75" font-size="10" text-anchor="end" fill="#ffffff" data-item="0" data-label="tabby, tabby cat">75 %</text>
      <rect x="11.5" y="226.15" width="149" height="2.8" rx="1.4" fill="#4b5563" data-item="0" data-label="tabby, tabby cat"/>
      <rect x="11.5" y="226.15" width="111.75" height="2.8" rx="1.4" fill="#7de781" data-item="0" data-label="tabby, tabby cat"/>
      </svg>
      "
    `);
  });
  it('is well-formed for any text, and keeps it', () => {
    const marks = fc.constantFrom(`<>&"'`, '\ud800', ']]>', '<!--', '\u0000');
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), marks);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => {
        const root = parse(toSvg(values.map(text), { width: 40, height: 20 }));
        const texts = Array.from(root.getElementsByTagName('text'), (each) => each.textContent);
        const kept = values.map((each) =>
          Array.from(each.toWellFormed(), (char) => (isXml(char) ? char : '\ufffd')).join(''),
        );
        // A parser makes a line feed of every carriage return.
        expect(texts).toEqual(kept.map((each) => each.replace(/\r\n?/g, '\n')));
        expect(root.getElementsByTagName('*')).toHaveLength(2 * values.length);
      }),
      { numRuns: 10 },
    );
  });
  it('lays the shapes over a picture that it carries itself', () => {
    const underlay = 'data:image/png;base64,AAAA';
    const root = parse(toSvg([text('on top')], { width: 4, height: 2, underlay }));
    const [image, ...above] = Array.from(root.children);
    expect(image!.getAttribute('href')).toBe(underlay);
    expect([image!.getAttribute('width'), image!.getAttribute('height')]).toEqual(['4', '2']);
    expect(above.length).toBeGreaterThan(0);
  });
  it('refers to nothing outside of itself', () => {
    expect(() => toSvg([], { width: 4, height: 2, underlay: 'https://example.org/a.png' })).toThrow(
      RangeError,
    );
  });
  it('escapes the five marks', () => {
    expect(escapeXml(`<a href="b">&'`)).toBe('&lt;a href=&quot;b&quot;&gt;&amp;&#39;');
  });
  it('of nothing is an empty picture', () => {
    expect(parse(toSvg([], { width: 3, height: 2 })).getAttribute('viewBox')).toBe('0 0 3 2');
  });
  it.each([
    { width: 0, height: 1 },
    { width: 1, height: NaN },
    { width: 1, height: 1, scale: -1 },
  ])('refuses %j', (size) => {
    expect(() => toSvg([], size)).toThrow(RangeError);
  });
});
