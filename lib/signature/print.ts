import { ALIAS_SOURCE, LIBRARY_SOURCE } from './named-types.ts';
import type { Field, FieldType, Signature } from './signature.ts';

type Place = 'alone' | 'brackets' | 'union';

/** How the two spellings of a type differ: what DSPy shows a model, and what the grammar reads. */
interface Spelling {
  named(name: string): string;
  literal(text: string): string;
  union(options: string[]): string;
  none(type: { constant?: true }, place: Place): string;
  ellipsis: string;
  dspy(name: string, argument: string | undefined): string;
}

const SHOWN: Spelling = {
  named: (name) => name,
  literal: quoteForPrompt,
  union: (options) => `Union[${options.join(', ')}]`,
  none: (type, place) => (type.constant && place === 'brackets' ? 'None' : 'NoneType'),
  ellipsis: 'Ellipsis',
  // Reasoning is shown as a string: that is what models write it as.
  dspy: (name, argument) => (name === 'Reasoning' ? 'str' : argument === undefined ? name : `${name}_${argument}`),
};

const SOURCE: Spelling = {
  named: (name) => ALIAS_SOURCE.get(name) ?? LIBRARY_SOURCE.get(name) ?? name,
  literal: quoteForSource,
  union: (options) => options.join(' | '),
  none: (type, place) => (type.constant || place === 'union' ? 'None' : 'NoneType'),
  ellipsis: '...',
  dspy: (name, argument) => `dspy.${name}${argument === undefined ? '' : `[${quoteForSource(argument)}]`}`,
};

/** The type as DSPy's prompts show it: `list[str]`, `Literal['a', "it's"]`, `Union[int, NoneType]`. */
export function formatType(type: FieldType): string {
  return spell(type, SHOWN, 'alone');
}

/** The type as the signature grammar reads it: `int | None`, `dspy.Image`. */
export function typeSource(type: FieldType): string {
  return spell(type, SOURCE, 'alone');
}

/**
 * The signature as a string that parses back to the same names and types. Instructions, descriptions, constraints and
 * defaults have no place in the string form; the JSON form keeps them.
 */
export function formatSignature(signature: Signature): string {
  return `${fieldsSource(signature.inputs)} -> ${fieldsSource(signature.outputs)}`.trim();
}

function fieldsSource(fields: readonly Field[]): string {
  return fields.map(({ name, type }) => (type.kind === 'str' ? name : `${name}: ${typeSource(type)}`)).join(', ');
}

function spell(type: FieldType, spelling: Spelling, place: Place): string {
  const args = (items: readonly FieldType[], inside: Place = 'brackets') =>
    items.map((item) => spell(item, spelling, inside));
  switch (type.kind) {
    case 'none':
      return spelling.none(type, place);
    case 'any':
      return 'Any';
    case 'list':
    case 'set':
    case 'frozenset':
      return spelling.named(type.alias ?? type.kind) + (type.item === undefined ? '' : `[${args([type.item])}]`);
    case 'dict':
      if (type.key === undefined || type.value === undefined) return spelling.named(type.alias ?? 'dict');
      return `${spelling.named(type.alias ?? 'dict')}[${args([type.key, type.value]).join(', ')}]`;
    case 'tuple': {
      if (type.items === undefined) return 'tuple';
      if (type.items.length === 0) return spelling === SOURCE ? 'tuple[()]' : 'tuple[]';
      return `tuple[${[...args(type.items), ...(type.variadic ? [spelling.ellipsis] : [])].join(', ')}]`;
    }
    case 'literal':
      return `Literal[${type.values.map((value) => constant(value, spelling)).join(', ')}]`;
    case 'union':
      return spelling.union(args(type.options, 'union'));
    case 'dspy':
      return spelling.dspy(type.name, type.argument);
    case 'model':
    case 'enum':
      return spelling.named(type.name);
    default:
      return type.kind;
  }
}

function constant(value: string | number | boolean | null, spelling: Spelling): string {
  if (typeof value === 'string') return spelling.literal(value);
  if (value === null) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}

/** DSPy's quoting escapes nothing but a single quote beside a double one. */
function quoteForPrompt(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? `'${text.replaceAll("'", "\\'")}'` : `"${text}"`;
}

function quoteForSource(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // An arrow anywhere in the text counts as a second arrow of the signature, so it is written as an escape.
  const escaped = text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('->', '-\\x3e');
  return `${quote}${escaped.replace(/[\n\r\0]/g, (char) => ESCAPED[char] ?? char)}${quote}`;
}

const ESCAPED: { [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\0': '\\x00' };
