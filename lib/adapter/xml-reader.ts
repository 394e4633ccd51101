/** An element as Python's ElementTree holds it: its text, its children, and the text after it. */
export interface XmlElement {
  tag: string;
  attributes: ReadonlyMap<string, string>;
  text: string;
  children: XmlElement[];
  tail: string;
}

/** The text is not well-formed XML. */
export class XmlError extends Error {}

const MAX_DEPTH = 500;
const NAME = /[:_\p{L}\p{Nl}][-.:\w\p{L}\p{M}\p{N}\xb7]*/uy;
const ATTRIBUTE = /\s+([:_\p{L}\p{Nl}][-.:\w\p{L}\p{M}\p{N}\xb7]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/uy;
const TAG_END = /\s*(\/?)>/y;
const ENTITIES: { [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
// What XML 1.0 forbids: most control characters, lone surrogates, two non-characters.
const FORBIDDEN = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff\ud800-\udfff]/u;

/**
 * Reads the content of an element: markup and text without a root of its own. Strict, as expat is: an unescaped `&` or
 * `<`, an unclosed or unknown thing throws XmlError. Comments and processing instructions are skipped.
 */
export function readXml(content: string): XmlElement {
  const text = content.replace(/\r\n?/g, '\n');
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden !== null) throw new XmlError(`a character XML does not allow at ${forbidden.index}`);
  const root = element('', new Map());
  const open = [root];
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('<', at);
    if (next !== at) {
      addText(open, decode(text.slice(at, next < 0 ? text.length : next), at));
      if (next < 0) break;
      at = next;
    }
    at = markup(text, at, open);
  }
  if (open.length > 1) throw new XmlError(`<${open.at(-1)?.tag}> is never closed`);
  return root;
}

function element(tag: string, attributes: ReadonlyMap<string, string>): XmlElement {
  return { tag, attributes, text: '', children: [], tail: '' };
}

function addText(open: readonly XmlElement[], text: string): void {
  const parent = open.at(-1);
  const last = parent?.children.at(-1);
  if (last !== undefined) last.tail += text;
  else if (parent !== undefined) parent.text += text;
}

/** One piece of markup at `at`; returns where it ends. */
function markup(text: string, at: number, open: XmlElement[]): number {
  if (text.startsWith('<!--', at)) {
    const end = text.indexOf('--', at + 4);
    if (end < 0 || text[end + 2] !== '>') throw new XmlError(`a comment that does not end, at ${at}`);
    return end + 3;
  }
  if (text.startsWith('<![CDATA[', at)) {
    const end = text.indexOf(']]>', at + 9);
    if (end < 0) throw new XmlError(`a CDATA section that does not end, at ${at}`);
    addText(open, text.slice(at + 9, end));
    return end + 3;
  }
  if (text.startsWith('<?', at)) return instruction(text, at);
  if (text.startsWith('</', at)) return closeTag(text, at, open);
  return openTag(text, at, open);
}

function instruction(text: string, at: number): number {
  NAME.lastIndex = at + 2;
  const target = NAME.exec(text)?.[0];
  const end = text.indexOf('?>', at + 2);
  // A declaration is one only at the very start of a document, and this is inside an element.
  if (target === undefined || target.toLowerCase() === 'xml' || end < 0)
    throw new XmlError(`a misplaced or endless processing instruction at ${at}`);
  return end + 2;
}

function closeTag(text: string, at: number, open: XmlElement[]): number {
  NAME.lastIndex = at + 2;
  const name = NAME.exec(text)?.[0];
  const current = open.at(-1);
  if (name === undefined || open.length === 1 || current?.tag !== name)
    throw new XmlError(`a closing tag that closes nothing, at ${at}`);
  const end = /\s*>/y;
  end.lastIndex = at + 2 + name.length;
  if (end.exec(text) === null) throw new XmlError(`a closing tag that does not end, at ${at}`);
  open.pop();
  return end.lastIndex;
}

function openTag(text: string, at: number, open: XmlElement[]): number {
  NAME.lastIndex = at + 1;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) throw new XmlError(`"<" that opens no tag, at ${at}`);
  // Prefixes would need a declaration, and no answer declares one.
  if (name.includes(':')) throw new XmlError(`a prefix nobody declared in <${name}>`);
  let end = at + 1 + name.length;
  const attributes = new Map<string, string>();
  for (;;) {
    ATTRIBUTE.lastIndex = end;
    const found = ATTRIBUTE.exec(text);
    if (found === null) break;
    const [, key = '', double, single] = found;
    if (attributes.has(key) || key.includes(':') || key === 'xmlns')
      throw new XmlError(`a repeated attribute or a namespace at ${end}`);
    attributes.set(key, decode((double ?? single ?? '').replace(/[\t\n]/g, ' '), end));
    end = ATTRIBUTE.lastIndex;
  }
  TAG_END.lastIndex = end;
  const close = TAG_END.exec(text);
  if (close === null) throw new XmlError(`a tag that does not end, at ${at}`);
  const made = element(name, attributes);
  open.at(-1)?.children.push(made);
  if (close[1] === '') open.push(made);
  if (open.length > MAX_DEPTH) throw new XmlError(`more than ${MAX_DEPTH} levels`);
  return TAG_END.lastIndex;
}

function decode(text: string, at: number): string {
  if (text.includes(']]>')) throw new XmlError(`"]]>" outside a CDATA section, after ${at}`);
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d+)|#x([\da-fA-F]+)|([\w.-]+));|&/g, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined && Object.hasOwn(ENTITIES, name)) return ENTITIES[name] ?? '';
    const digits = decimal ?? hexadecimal;
    const code = digits === undefined ? Number.NaN : Number.parseInt(digits, decimal === undefined ? 16 : 10);
    const char = code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
    if (Number.isNaN(code) || FORBIDDEN.test(char)) throw new XmlError(`"${whole}" is no entity, after ${at}`);
    return char;
  });
}

/** An element and what follows it as text again, as `ElementTree.tostring` writes it. */
export function writeXml(node: XmlElement): string {
  let attributes = '';
  for (const [name, value] of node.attributes) attributes += ` ${name}="${escapeAttribute(value)}"`;
  const content = escapeText(node.text) + node.children.map(writeXml).join('');
  const tail = escapeText(node.tail);
  if (content === '') return `<${node.tag}${attributes} />${tail}`;
  return `<${node.tag}${attributes}>${content}</${node.tag}>${tail}`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeAttribute(text: string): string {
  return escapeText(text)
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#09;');
}
