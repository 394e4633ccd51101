import type { Json } from '#lib/base/json';
import { instructionsOr } from './instructions.ts';
import { fieldName } from './parse-field.ts';
import { type NamedTypes, parseType } from './parse-type.ts';
import { Scanner } from './scanner.ts';
import type { Constraints, Field, FieldType, Signature } from './signature.ts';
import { skipExpression } from './skip-expression.ts';
import { SignatureSyntaxError } from './syntax-error.ts';

export interface FieldOverride {
  description?: string;
  constraints?: Constraints;
  default?: Json;
}

export interface ParseOptions {
  /** Replaces DSPy's default "Given the fields ..., produce the fields ...". */
  instructions?: string;
  /** The class name; `StringSignature` as in DSPy. */
  name?: string;
  /** What the string form cannot say, by field name. */
  fields?: { readonly [name: string]: FieldOverride };
  /** Your own classes and enums, by the name used in the text. */
  types?: NamedTypes;
}

const STR: FieldType = { kind: 'str' };
const NO_TYPES: NamedTypes = {};

/**
 * Reads DSPy's string form: `question, context: list[str] -> answer, confidence: float`.
 * Throws SignatureSyntaxError with the position and the accepted grammar. Linear in the length of the text.
 */
export function parseSignature(text: string, options: ParseOptions = {}): Signature {
  return parseSignatureWithNotes(text, options).signature;
}

/** As `parseSignature`, and says what DSPy accepts but drops in silence (defaults, `*args`, repeated names). */
export function parseSignatureWithNotes(
  text: string,
  options: ParseOptions = {},
): { signature: Signature; notes: string[] } {
  const arrow = text.indexOf('->');
  if (arrow < 0) throw new SignatureSyntaxError('there is no "->" between inputs and outputs', text, text.length);
  const second = text.indexOf('->', arrow + 2);
  if (second >= 0) throw new SignatureSyntaxError('there is a second "->"', text, second);
  const notes: string[] = [];
  const side = new Side(text, options.types ?? NO_TYPES, notes);
  const inputs = side.fields(0, arrow);
  const outputs = side.fields(arrow + 2, text.length);
  const shared = firstShared(inputs, outputs);
  if (shared !== undefined)
    throw new SignatureSyntaxError(`"${shared}" is both an input and an output`, text, arrow + 2);
  const signature: Signature = {
    name: options.name ?? 'StringSignature',
    instructions: instructionsOr(options.instructions, inputs, outputs),
    inputs,
    outputs,
  };
  if (options.fields !== undefined) override(signature, options.fields, text);
  return { signature, notes };
}

class Side {
  private readonly text: string;
  private readonly types: NamedTypes;
  private readonly notes: string[];

  constructor(text: string, types: NamedTypes, notes: string[]) {
    this.text = text;
    this.types = types;
    this.notes = notes;
  }

  /** The fields between two offsets: Python's parameter list, of which DSPy keeps the plain parameters. */
  fields(start: number, end: number): Field[] {
    const scanner = new Scanner(this.text, start, end);
    const fields: Field[] = [];
    let defaulted = false;
    let keywordOnly = false;
    for (let first = true; scanner.peek() !== ''; first = false) {
      if (!first && !scanner.take(',')) scanner.fail('expected "," or the end of the fields here');
      if (scanner.peek() === '') {
        if (first) scanner.fail('expected a field here');
        break;
      }
      if (scanner.take('**') || scanner.take('*')) {
        keywordOnly = this.star(scanner);
        continue;
      }
      if (scanner.take('/')) {
        if (fields.length === 0) scanner.fail('"/" needs a field before it');
        this.drop(
          fields.splice(0).map(({ name }) => name),
          'it stands before "/"',
        );
        continue;
      }
      const field = this.field(scanner);
      const hasDefault = this.skipDefault(scanner, field.name);
      if (keywordOnly) {
        this.drop([field.name], 'it stands after "*"');
        continue;
      }
      if (defaulted && !hasDefault) scanner.fail(`"${field.name}" has no default but a field before it has one`);
      defaulted = hasDefault;
      fields.push(field);
    }
    return fields.length > 1 ? this.unique(fields) : fields;
  }

  private field(scanner: Scanner): Field {
    const name = fieldName(scanner);
    if (scanner.peek() !== ':') return { name, type: STR, description: `\${${name}}` };
    scanner.take(':');
    const type = parseType(scanner, this.types);
    // Python cannot tell a field annotated with the constant None from one without annotation.
    return { name, type: type.kind === 'none' && type.constant ? STR : type, description: `\${${name}}` };
  }

  /** `*`, `*args` or `**kwargs` with its annotation; whether what follows is dropped too. */
  private star(scanner: Scanner): boolean {
    const name = scanner.name();
    if (name === undefined) {
      const comma = scanner.here();
      if (!scanner.take(',') || scanner.name() === undefined)
        scanner.fail('a bare "*" must be followed by "," and a field', comma);
      scanner.position = comma;
      return true;
    }
    if (scanner.take(':')) parseType(scanner, this.types);
    this.drop([name], 'it is a "*" parameter');
    return true;
  }

  private skipDefault(scanner: Scanner, name: string): boolean {
    if (!scanner.take('=')) return false;
    const source = skipExpression(scanner);
    this.notes.push(`The default of "${name}" (${source}) is dropped, as DSPy does; give it in the field form.`);
    return true;
  }

  private drop(names: string[], why: string): void {
    for (const name of names) this.notes.push(`"${name}" is dropped, as DSPy does: ${why}.`);
  }

  /** Joins fields of the same name: the last type at the first place. */
  private unique(fields: Field[]): Field[] {
    if (fields.length <= FEW && fields.every(({ name }, index) => isFirst(fields, name, index))) return fields;
    const byName = new Map(fields.map((field) => [field.name, field]));
    if (byName.size === fields.length) return fields;
    this.notes.push('A field is declared twice on one side; its last type is used, as in DSPy.');
    return [...byName.values()];
  }
}

function isFirst(fields: readonly Field[], name: string, index: number): boolean {
  for (let i = 0; i < index; i++) if (fields[i]?.name === name) return false;
  return true;
}

/** Few fields are compared directly, many through a set: hostile text has thousands. */
const FEW = 8;

function firstShared(inputs: readonly Field[], outputs: readonly Field[]): string | undefined {
  if (inputs.length <= FEW && outputs.length <= FEW)
    return outputs.find((output) => inputs.some(({ name }) => name === output.name))?.name;
  const names = new Set(inputs.map(({ name }) => name));
  return outputs.find(({ name }) => names.has(name))?.name;
}

function override(signature: Signature, overrides: { readonly [name: string]: FieldOverride }, text: string): void {
  for (const [name, { description, constraints, default: value }] of Object.entries(overrides)) {
    const field = [...signature.inputs, ...signature.outputs].find((one) => one.name === name);
    if (field === undefined)
      throw new SignatureSyntaxError(`"${name}" is described but not a field of the signature`, text, text.length);
    if (description !== undefined) field.description = description;
    if (constraints !== undefined) field.constraints = constraints;
    if (value !== undefined) field.default = value;
  }
}
