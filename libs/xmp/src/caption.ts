import { applyEdits, escapeXml, newPacket, parsePacket, RDF, type Edit, type PacketNode } from './packet.ts';

const XML = 'http://www.w3.org/XML/1998/namespace';
const NAMESPACES = {
  dc: 'http://purl.org/dc/elements/1.1/',
  Iptc4xmpCore: 'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/',
  // A name, not an address: captions of earlier runs are known by it, so it never changes.
  fovea: 'http://ns.fovea.dev/caption/1.0/',
} as const;

interface Property {
  readonly prefix: keyof typeof NAMESPACES;
  readonly local: string;
}
/** Where people and programs look for a caption: Dublin Core, and the alternative text of IPTC 2021.1. */
const FIELDS: readonly Property[] = [
  { prefix: 'dc', local: 'description' },
  { prefix: 'Iptc4xmpCore', local: 'AltTextAccessibility' },
];
const MARK: Property = { prefix: 'fovea', local: 'Caption' };
const MARK_MODEL: Property = { prefix: 'fovea', local: 'CaptionModel' };
const MANAGED = [...FIELDS, MARK, MARK_MODEL];

export interface Caption {
  readonly text: string;
  /** Id of the model that wrote it. */
  readonly model: string;
}

/** What a packet says of its picture. */
export interface CaptionInPacket {
  /** Who wrote the description or the alternative text: a person where it is not what the mark says. */
  readonly by: 'nobody' | 'fovea' | 'person';
  /** The first text that is a person's, else the caption. */
  readonly text?: string;
  /** The mark of an earlier run. */
  readonly mark?: Caption;
}

type Named = Pick<PacketNode, 'uri' | 'local'>;
const is = ({ uri, local }: Named, property: Property): boolean =>
  uri === NAMESPACES[property.prefix] && local === property.local;
const isManaged = (one: Named): boolean => MANAGED.some((property) => is(one, property));
const isRdf = (one: Named, local: string): boolean => one.uri === RDF && one.local === local;

/** The text on one line, without what XML cannot hold. */
export const cleanCaption = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\s+/g, ' ')
    // eslint-disable-next-line no-control-regex -- these are what is to go
    .replaceAll(/[\0-\x1f\x7f-\x9f\ufffe\uffff]/g, '')
    .trim();

/**
 * Whose caption a packet holds.
 * @throws IMAGE_CORRUPT for a packet that is not well-formed
 */
export function captionIn(packet: string): CaptionInPacket {
  return captionOf(describing(parsePacket(packet)));
}

function captionOf(blocks: readonly PacketNode[]): CaptionInPacket {
  const [text] = textsOf(blocks, MARK);
  const [model = ''] = textsOf(blocks, MARK_MODEL);
  const mark = text === undefined ? {} : { mark: { text, model } };
  const written = FIELDS.flatMap((field) => textsOf(blocks, field));
  const foreign = written.find((one) => one !== text);
  if (foreign !== undefined) return { by: 'person', text: foreign, ...mark };
  return text !== undefined && written.length > 0
    ? { by: 'fovea', text, ...mark }
    : { by: 'nobody', ...mark };
}

/** rdf:RDF's own rdf:Description elements: those further down belong to values. */
const describing = (rdf: PacketNode): PacketNode[] =>
  rdf.children.filter((child) => isRdf(child, 'Description'));

/** What stands in a property, in whatever form; of several languages the default one. Empty texts are none. */
function textsOf(blocks: readonly PacketNode[], property: Property): string[] {
  const attributes = blocks.flatMap((block) => block.attributes.filter((one) => is(one, property)));
  const elements = blocks.flatMap((block) => block.children.filter((one) => is(one, property)));
  return [...attributes.map(({ value }) => value), ...elements.map(valueOf)]
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function valueOf(element: PacketNode): string {
  const items = itemsOf(element).filter(({ text }) => text.trim() !== '');
  return (items.find(isDefault) ?? items[0] ?? element).text;
}

const containerOf = (element: PacketNode): PacketNode | undefined =>
  element.children.find((child) => ['Alt', 'Bag', 'Seq'].some((name) => isRdf(child, name)));
const itemsOf = (element: PacketNode): PacketNode[] =>
  containerOf(element)?.children.filter((child) => isRdf(child, 'li')) ?? [];
const isDefault = ({ attributes }: PacketNode): boolean =>
  attributes.some(
    ({ uri, local, value }) => uri === XML && local === 'lang' && value.toLowerCase() === 'x-default',
  );

/**
 * The packet with a caption as description and alternative text, and with a mark that says whose it is. Everything
 * else in it stays, to the letter; so do the caption's other languages. It does not look whose caption it replaces.
 * @param packet undefined = a new one
 * @returns the same text where it says so already
 * @throws IMAGE_CORRUPT for a packet that is not well-formed
 */
export function withCaption(packet: string | undefined, { text, model }: Caption): string {
  const before = packet ?? newPacket();
  const caption = { text: cleanCaption(text), model: cleanCaption(model) };
  const rdf = parsePacket(before);
  const blocks = describing(rdf);
  if (says(blocks, caption)) return before;
  const edits: Edit[] = [];
  const done = new Set<Property>();
  for (const block of blocks) {
    const changes = changesOf(block, caption.text, done);
    const isOurs =
      changes.removed.length > 0 &&
      changes.removed.length === block.children.length &&
      block.attributes.every((one) => isManaged(one) || isFrame(one));
    if (isOurs) edits.push(removal(before, block));
    else
      edits.push(
        ...removedAttributes(before, block),
        ...changes.replaced,
        ...changes.removed.map((element) => removal(before, element)),
      );
  }
  const block = blockOf(
    caption,
    FIELDS.filter((field) => !done.has(field)),
    aboutOf(blocks),
  );
  edits.push(
    rdf.selfClosing
      ? { start: rdf.end - 2, end: rdf.end, text: `>\n${block}</${rdf.name}>` }
      : appended(before, rdf, block),
  );
  return applyEdits(before, edits);
}

function says(blocks: readonly PacketNode[], { text, model }: Caption): boolean {
  const all = (property: Property, wanted: string): boolean => {
    const texts = textsOf(blocks, property);
    return texts.length > 0 && texts.every((one) => one === wanted);
  };
  return [...FIELDS, MARK].every((property) => all(property, text)) && all(MARK_MODEL, model);
}

/**
 * Managed elements of a block are taken out, to stand in the block that comes after all; but a caption in several
 * languages stays where it is, and its default is replaced.
 */
function changesOf(
  block: PacketNode,
  text: string,
  done: Set<Property>,
): { replaced: Edit[]; removed: PacketNode[] } {
  const replaced: Edit[] = [];
  const removed: PacketNode[] = [];
  for (const element of block.children.filter(isManaged)) {
    const field = FIELDS.find((one) => is(element, one));
    const container = containerOf(element);
    const items = itemsOf(element);
    const usual = items.find(isDefault);
    if (field && container && !done.has(field) && items.some((item) => !isDefault(item))) {
      done.add(field);
      const name = (items[0] as PacketNode).name;
      const item = `<${name} xml:lang="x-default">${escapeXml(text)}</${name}>`;
      replaced.push(
        usual
          ? { start: usual.start, end: usual.end, text: item }
          : // The default comes first in its list (XMP part 1, 8.2.2.4).
            { start: container.inside, end: container.inside, text: item },
      );
    } else removed.push(element);
  }
  return { replaced, removed };
}

/** Attributes that say nothing of the picture. */
const isFrame = ({ uri, local, prefix, name }: PacketNode['attributes'][number]): boolean =>
  prefix === 'xmlns' || name === 'xmlns' || (local === 'about' && (uri === RDF || uri === ''));

/** Takes an element away with the white space before it. */
function removal(text: string, { start, end }: PacketNode): Edit {
  let from = start;
  while (/[ \t\r\n]/.test(text[from - 1] ?? '')) from--;
  return { start: from, end, text: '' };
}

function removedAttributes(text: string, block: PacketNode): Edit[] {
  const names = new Set(block.attributes.filter(isManaged).map(({ name }) => name));
  if (names.size === 0) return [];
  const tag = text.slice(block.start, block.inside);
  return [...tag.matchAll(/(?<!\s)\s+([^\s=<>"']+)\s*=\s*(?:"[^"]*"|'[^']*')/g)]
    .filter(([, name = '']) => names.has(name))
    .map(({ 0: whole, index }) => ({
      start: block.start + index,
      end: block.start + index + whole.length,
      text: '',
    }));
}

/** All blocks of a packet must be about the same thing: nothing, or an identifier of old writers. */
const aboutOf = (blocks: readonly PacketNode[]): string =>
  blocks.flatMap(({ attributes }) => attributes).find((one) => one.local === 'about' && isFrame(one))
    ?.value ?? '';

function blockOf({ text, model }: Caption, fields: readonly Property[], about: string): string {
  const nameOf = ({ prefix, local }: Property): string => `${prefix}:${local}`;
  const used = new Set([...fields, MARK].map(({ prefix }) => prefix));
  const lines = [
    `<rdf:Description rdf:about="${escapeXml(about)}"`,
    `  xmlns:rdf="${RDF}"`,
    ...[...used].map((prefix) => `  xmlns:${prefix}="${NAMESPACES[prefix]}"`),
  ];
  const properties = [
    ...fields.map((field) => [
      `  <${nameOf(field)}>`,
      `    <rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(text)}</rdf:li></rdf:Alt>`,
      `  </${nameOf(field)}>`,
    ]),
    ...[[MARK, text] as const, [MARK_MODEL, model] as const].map(([property, value]) => [
      `  <${nameOf(property)}>${escapeXml(value)}</${nameOf(property)}>`,
    ]),
  ];
  return `${lines.join('\n')}>\n${properties.flat().join('\n')}\n</rdf:Description>\n`;
}

/** Before the closing tag of rdf:RDF. */
function appended(text: string, rdf: PacketNode, block: string): Edit {
  const at = text.lastIndexOf('<', rdf.end - 1);
  return { start: at, end: at, text: text[at - 1] === '\n' ? block : `\n${block}` };
}
