import { SaxesParser } from 'saxes';
import { damaged } from './files.ts';

/** An element with the line it begins at. */
export interface XmlElement {
  readonly name: string;
  readonly line: number;
  readonly children: XmlElement[];
  text: string;
}

/** The root element of an XML text. @throws INVALID_PARAMETER naming the line where it is not well-formed */
export function parseXml(file: string, text: string): XmlElement {
  const parser = new SaxesParser({ position: false });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  parser.on('error', (cause) => {
    throw damaged(`${file}:${parser.line}`, `is not valid XML (${cause.message})`, { cause });
  });
  parser.on('opentag', ({ name }) => {
    const element: XmlElement = { name, line: parser.line, children: [], text: '' };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const addText = (part: string) => {
    const element = open.at(-1);
    if (element) element.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => open.pop());
  parser.write(text).close();
  if (!root) throw damaged(`${file}:1`, 'is not valid XML (it is empty)');
  return root;
}

export const childOf = (element: XmlElement, name: string): XmlElement | undefined =>
  element.children.find((child) => child.name === name);
