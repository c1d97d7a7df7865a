import type { Box } from '@fovea/contracts';
import { damaged } from './files.ts';
import { childOf, parseXml, type XmlElement } from './xml.ts';

export interface VocAnnotation {
  readonly filename?: { readonly name: string; readonly line: number };
  readonly width?: number;
  readonly height?: number;
  readonly objects: readonly {
    readonly name: string;
    readonly difficult: boolean;
    readonly box: Box;
  }[];
}

/**
 * One file of VOC's `Annotations`. Corners there are pixels counted from 1, both inside the box: the pixels xmin to
 * xmax lie between the edges xmin - 1 and xmax. Such a box has the devkit's area (xmax - xmin + 1) and IoU.
 * @throws INVALID_PARAMETER naming file and line
 */
export function parseVocXml(file: string, text: string): VocAnnotation {
  const root = parseXml(file, text);
  const wrong = (element: XmlElement, detail: string) =>
    damaged(`${file}:${element.line}`, `<${element.name}> ${detail}`);
  const need = (element: XmlElement, name: string) => {
    const child = childOf(element, name);
    if (!child) throw wrong(element, `has no <${name}>`);
    return child;
  };
  const textOf = (element: XmlElement) => {
    const content = element.text.trim();
    if (content === '') throw wrong(element, 'is empty');
    return content;
  };
  const numberOf = (element: XmlElement) => {
    const value = Number(textOf(element));
    if (!Number.isFinite(value)) throw wrong(element, `must be a number, is "${element.text.trim()}"`);
    return value;
  };
  const boxOf = (object: XmlElement): Box => {
    const corners = need(object, 'bndbox');
    const corner = (name: string) => numberOf(need(corners, name));
    const [left, top, right, bottom] = [corner('xmin'), corner('ymin'), corner('xmax'), corner('ymax')];
    if (right < left || bottom < top)
      throw wrong(corners, `has a negative size: x ${left} to ${right}, y ${top} to ${bottom}`);
    return { x: left - 1, y: top - 1, width: right - left + 1, height: bottom - top + 1 };
  };
  const sideOf = (size: XmlElement, name: string) => {
    const side = need(size, name);
    const value = numberOf(side);
    if (!Number.isInteger(value) || value < 1)
      throw wrong(side, `must be a whole number of pixels, is ${value}`);
    return value;
  };

  if (root.name !== 'annotation') throw wrong(root, 'is not a VOC <annotation>');
  const filename = childOf(root, 'filename');
  const size = childOf(root, 'size');
  return {
    ...(filename ? { filename: { name: textOf(filename), line: filename.line } } : {}),
    ...(size ? { width: sideOf(size, 'width'), height: sideOf(size, 'height') } : {}),
    // Only direct children: an object may have <part>s with boxes of their own.
    objects: root.children
      .filter(({ name }) => name === 'object')
      .map((object) => {
        const difficult = childOf(object, 'difficult');
        return {
          name: textOf(need(object, 'name')),
          difficult: difficult !== undefined && numberOf(difficult) !== 0,
          box: boxOf(object),
        };
      }),
  };
}
