import { VisionError } from '@fovea/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captionIn, cleanCaption, withCaption } from './caption.ts';
import { newPacket } from './packet.ts';

const dog = { text: 'a dog runs', model: 'captioner' };
const namespaces = `xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" xmlns:fovea="http://ns.fovea.dev/caption/1.0/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:my="http://example.org/my"`;
const packetOf = (inside: string, attributes = '') =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${namespaces}><rdf:Description rdf:about=""${attributes}>${inside}</rdf:Description></rdf:RDF></x:xmpmeta>`;
const alt = (name: string, ...items: [language: string, text: string][]) =>
  `<${name}><rdf:Alt>${items.map(([lang, text]) => `<rdf:li xml:lang="${lang}">${text}</rdf:li>`).join('')}</rdf:Alt></${name}>`;
const problem = (work: () => unknown): VisionError => {
  try {
    work();
  } catch (error) {
    if (error instanceof VisionError) return error;
    throw error;
  }
  throw new TypeError('expected a VisionError');
};

describe('a caption in a packet', () => {
  it('is read back from a new one, with its mark', () => {
    expect(captionIn(withCaption(undefined, dog))).toEqual({ by: 'fovea', text: dog.text, mark: dog });
    expect(captionIn(newPacket())).toEqual({ by: 'nobody' });
  });

  it('is read back whatever its text, and said once more changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, model) => {
        fc.pre(cleanCaption(text) !== '' && cleanCaption(model) !== '');
        const packet = withCaption(undefined, { text, model });
        expect(captionIn(packet)).toMatchObject({ by: 'fovea', text: cleanCaption(text) });
        expect(withCaption(packet, { text, model })).toBe(packet);
      }),
    );
  });

  it('gives way to the next one without a trace', () => {
    const other = { text: 'a cat sits', model: 'captioner' };
    expect(withCaption(withCaption(undefined, dog), other)).toBe(withCaption(undefined, other));
    expect(withCaption(withCaption(packetOf('<xmp:Rating>5</xmp:Rating>'), dog), other)).toBe(
      withCaption(packetOf('<xmp:Rating>5</xmp:Rating>'), other),
    );
  });

  it('leaves all that is not the caption to the letter', () => {
    const rest = `<xmp:Rating>5</xmp:Rating>\r\n<!-- 😀 --><my:Thing my:a = 'x > y' rdf:parseType="Resource"><dc:description>inner</dc:description></my:Thing>`;
    const before = packetOf(rest, ` xmp:CreatorTool='A &quot; tool'`);
    const after = withCaption(before, dog);
    expect(after).toContain(rest);
    expect(after.startsWith(before.slice(0, before.indexOf('</rdf:RDF>')))).toBe(true);
    expect(after.endsWith('</rdf:RDF></x:xmpmeta>')).toBe(true);
    expect(captionIn(before)).toEqual({ by: 'nobody' });
  });

  it.each([
    ['element', packetOf(alt('dc:description', ['x-default', 'My dog']))],
    ['element without a list', packetOf('<dc:description>My dog</dc:description>')],
    ['element in one language', packetOf(alt('dc:description', ['de', 'My dog']))],
    ['attribute', packetOf('', ' dc:description="My dog"')],
    ['alternative text', packetOf(alt('Iptc4xmpCore:AltTextAccessibility', ['x-default', 'My dog']))],
    [
      'text beside a mark that says otherwise',
      packetOf(`${alt('dc:description', ['x-default', 'My dog'])}<fovea:Caption>a dog</fovea:Caption>`),
    ],
    [
      'description beside our alternative text',
      packetOf(
        `${alt('dc:description', ['x-default', 'My dog'])}${alt('Iptc4xmpCore:AltTextAccessibility', ['x-default', 'a dog'])}`,
        ' fovea:Caption="a dog"',
      ),
    ],
  ])('is a person’s as an %s, and can be replaced', (_form, packet) => {
    expect(captionIn(packet)).toMatchObject({ by: 'person', text: 'My dog' });
    const after = withCaption(packet, dog);
    expect(after).not.toContain('a dog<');
    expect(withCaption(after, dog)).toBe(after);
    expect(captionIn(after)).toEqual({ by: 'fovea', text: dog.text, mark: dog });
  });

  it('is ours in the form that other programs write it in', () => {
    const packet = packetOf(
      `${alt('dc:description', ['x-default', 'a dog runs'])}<xmp:Rating>5</xmp:Rating>`,
      ' fovea:Caption="a dog runs"\n fovea:CaptionModel="captioner" xmp:Label="Red"',
    );
    expect(captionIn(packet)).toEqual({ by: 'fovea', text: dog.text, mark: dog });
    const after = withCaption(packet, { ...dog, text: 'a cat sits' });
    expect(after).not.toContain('a dog runs');
    expect(after).toContain('<rdf:Description rdf:about="" xmp:Label="Red">');
  });

  it('keeps the other languages of a description', () => {
    const packet = packetOf(alt('dc:description', ['x-default', 'My dog'], ['de', 'Mein Hund']));
    expect(withCaption(packet, dog)).toContain(
      alt('dc:description', ['x-default', 'a dog runs'], ['de', 'Mein Hund']),
    );
    expect(withCaption(packetOf(alt('dc:description', ['de', 'Mein Hund'])), dog)).toContain(
      alt('dc:description', ['x-default', 'a dog runs'], ['de', 'Mein Hund']),
    );
  });

  it('takes an empty description for none', () => {
    expect(captionIn(packetOf(alt('dc:description', ['x-default', ' ']), ' dc:description=""'))).toEqual({
      by: 'nobody',
    });
  });

  it('is about what the packet is about, under any prefix of RDF', () => {
    const packet = `<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about="uuid:&amp;1"/></r:RDF>`;
    const after = withCaption(packet, dog);
    expect(after).toContain('rdf:about="uuid:&amp;1"');
    expect(after).toContain('<r:Description r:about="uuid:&amp;1"/>');
    expect(captionIn(after).by).toBe('fovea');
    expect(
      captionIn(withCaption('<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', dog)).by,
    ).toBe('fovea');
  });

  it('is one line of what XML can hold', () => {
    expect(cleanCaption(' a\n\tdog\u0000\u0007 \ufffe\u0085runs ')).toBe('a dog runs');
    expect(cleanCaption('a\ud800b')).toBe('a\ufffdb');
  });
});

describe('a packet that is no good', () => {
  it.each([
    ['not closed', '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>', /not well-formed/],
    ['with a prefix that is not bound', packetOf('<no:thing/>'), /not well-formed/],
    ['with an entity of its own', packetOf('<xmp:Label>&boom;</xmp:Label>'), /not well-formed/],
    ['empty', '   ', /not well-formed|no rdf:RDF/],
    ['without RDF', '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>', /no rdf:RDF/],
    [
      'with entities that multiply',
      `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${packetOf('<xmp:Label>&b;</xmp:Label>')}`,
      /document type/,
    ],
    [
      'with an entity from elsewhere',
      `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${packetOf('<xmp:Label>&a;</xmp:Label>')}`,
      /document type/,
    ],
  ])('is refused: %s', (_what, packet, message) => {
    for (const work of [() => captionIn(packet), () => withCaption(packet, dog)]) {
      const error = problem(work);
      expect(error.code).toBe('IMAGE_CORRUPT');
      expect(error.message).toMatch(message);
      expect(error.hint).toMatch(/left as it is/);
    }
  });

  it('is refused where it is deeper than any real one', () => {
    const deep = (levels: number) => packetOf('<my:a>'.repeat(levels) + '</my:a>'.repeat(levels));
    expect(captionIn(deep(200))).toEqual({ by: 'nobody' });
    expect(problem(() => captionIn(deep(100_000))).message).toMatch(/nested/);
  });
});
