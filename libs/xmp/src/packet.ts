import { SaxesParser, type SaxesAttributeNS } from 'saxes';
import { damaged, MAX_PACKET_BYTES } from './damage.ts';

export const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';

/** An element and where it stands in the text, so that all around it can stay as it is. */
export interface PacketNode {
  /** With its prefix, as it is written. */
  readonly name: string;
  readonly uri: string;
  readonly local: string;
  readonly attributes: readonly SaxesAttributeNS[];
  readonly children: PacketNode[];
  /** Its text and that of all elements in it. */
  text: string;
  readonly start: number;
  /** Behind the `>` of its opening tag. */
  readonly inside: number;
  readonly selfClosing: boolean;
  end: number;
}

/** A change of a text; of several none may overlap. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Real packets have some ten levels; looking up prefixes costs the square of the depth. */
const MAX_DEPTH = 256;

/** The text with all edits applied; of two at one place the first given comes first. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/**
 * A packet's bytes as text.
 * @throws IMAGE_CORRUPT where it is not UTF-8 (what XMP in JPEG, PNG and WebP must be), or huge
 */
export function readPacket(bytes: Uint8Array): string {
  if (bytes.length > MAX_PACKET_BYTES)
    throw damaged(`its XMP packet has ${bytes.length} bytes; at most ${MAX_PACKET_BYTES} are read`);
  try {
    // Some writers end the packet with NULs; XML knows none.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\0+$/, '');
  } catch (cause) {
    throw damaged('its XMP packet is not UTF-8', cause);
  }
}

/**
 * The element rdf:RDF of a packet.
 * Entities are never expanded: a packet with a document type, the one place that could define some, is refused.
 * @throws IMAGE_CORRUPT where the packet is not well-formed, or holds no rdf:RDF
 */
export function parsePacket(text: string): PacketNode {
  const parser = new SaxesParser({ xmlns: true });
  const open: PacketNode[] = [];
  let root: PacketNode | undefined;
  parser.on('error', (cause) => {
    throw damaged(`its XMP packet is not well-formed XML (line ${parser.line}: ${reasonOf(cause)})`, cause);
  });
  parser.on('doctype', () => {
    throw damaged('its XMP packet has a document type, which is not read');
  });
  parser.on('opentag', (tag) => {
    if (open.length >= MAX_DEPTH)
      throw damaged(`its XMP packet is nested more than ${MAX_DEPTH} elements deep`);
    const node: PacketNode = {
      name: tag.name,
      uri: tag.uri,
      local: tag.local,
      attributes: Object.values(tag.attributes),
      children: [],
      text: '',
      // No `<` may stand in an attribute, so the last one opened this tag.
      start: text.lastIndexOf('<', parser.position - 1),
      inside: parser.position,
      selfClosing: tag.isSelfClosing,
      end: parser.position,
    };
    open.at(-1)?.children.push(node);
    root ??= node;
    open.push(node);
  });
  const addText = (part: string) => {
    const node = open.at(-1);
    if (node) node.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const node = open.pop();
    if (!node) return;
    node.end = parser.position;
    const parent = open.at(-1);
    if (parent) parent.text += node.text;
  });
  parser.write(text).close();
  const rdf = root && isRdf(root) ? root : root?.children.find(isRdf);
  if (!rdf) throw damaged('its XMP packet holds no rdf:RDF');
  return rdf;
}

const isRdf = ({ uri, local }: PacketNode): boolean => uri === RDF && local === 'RDF';

/** saxes begins its messages with `line:column: `. */
const reasonOf = ({ message }: Error): string => message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');

/** A packet without any property. */
export function newPacket(): string {
  // The identifier is the same in every packet, and the byte order mark says that it is UTF-8 (XMP part 1, 7.3.2).
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="${RDF}">
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;
}

/**
 * The packet with its padding (white space before its end) shortened or lengthened to a size in bytes.
 * @param options.exact the size that must be met; otherwise it is the largest allowed, and shorter packets stay as they are
 * @returns undefined where it cannot be met
 */
export function fitPacket(
  packet: string,
  sizeBytes: number,
  options: { exact?: boolean } = {},
): Uint8Array<ArrayBuffer> | undefined {
  const encoder = new TextEncoder();
  const bytes = encoder.encode(packet);
  const surplus = bytes.length - sizeBytes;
  if (surplus === 0 || (surplus < 0 && !options.exact)) return bytes;
  const trailer = packet.lastIndexOf('<?xpacket end');
  if (trailer < 0) return undefined;
  let padding = trailer;
  while (padding > 0 && /[ \t\r\n]/.test(packet[padding - 1] as string)) padding--;
  if (surplus < 0)
    return encoder.encode(`${packet.slice(0, trailer)}${' '.repeat(-surplus)}${packet.slice(trailer)}`);
  if (trailer - padding < surplus) return undefined;
  return encoder.encode(`${packet.slice(0, trailer - surplus)}${packet.slice(trailer)}`);
}

/** Text as it may stand in an element or in an attribute in double quotes. */
export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
