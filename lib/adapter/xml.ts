import type { Json, JsonObject } from '#lib/base/json';
import { coerce } from '#lib/signature/coerce';
import { typeJsonSchema } from '#lib/signature/json-schema';
import type { Field, FieldType, Signature, Values } from '#lib/signature/signature';
import type { Adapter } from './adapter.ts';
import { FIRST_SENTENCE } from './chat.ts';
import { fieldDescription, taskDescription } from './describe.ts';
import { fieldText, markCustomTypes } from './field-value.ts';
import { ParseFailure } from './parse-failure.ts';
import { strip } from './python-text.ts';
import { completeOutputs, plainJson, readField } from './read-value.ts';
import { type Template, templates, turns } from './turns.ts';
import { placeholder } from './type-note.ts';
import { readXml, type XmlElement, XmlError } from './xml-reader.ts';
import {
  choicesOf,
  definitionsOf,
  elementsToValue,
  escapeXml,
  groupChildren,
  isNested,
  typeToXml,
  valueToXml,
} from './xml-value.ts';

/** DSPy's XMLAdapter: each field in an element of its name, structured outputs as nested elements. */
export const xmlAdapter: Adapter = {
  name: 'xml',
  format: (signature, demos, inputs) => turns(templateOf, signature, demos, inputs),
  userTurn: (signature, inputs) => templateOf(signature).user(inputs, '', false),
  parse,
};

const templateOf = templates((signature): Template => {
  const requirements = outputRequirements(signature);
  return {
    system: `${fieldDescription(signature)}\n${fieldStructure(signature)}\n${taskDescription(signature)}`,
    user: (values, opening, request) => {
      const present = signature.inputs.filter(({ name }) => Object.hasOwn(values, name));
      const blocks = present.map((field) => block(field, fieldText(values[field.name], field.type)));
      return strip(`${opening}\n\n${strip(blocks.join('\n\n'))}\n\n${request ? requirements : ''}`);
    },
    assistant: (values, missing) =>
      strip(
        signature.outputs
          .map((field) => outputBlock(field, Object.hasOwn(values, field.name) ? values[field.name] : missing))
          .join('\n\n'),
      ),
  };
});

function block({ name }: Field, text: string): string {
  return `<${name}>\n${text}\n</${name}>`;
}

function outputBlock(field: Field, value: unknown): string {
  if (isNested(field.type) && typeof value === 'object' && value !== null)
    return valueToXml(markCustomTypes(value, field.type), field.name, field.type);
  const text = fieldText(value, field.type);
  return block(field, field.type.kind === 'str' ? escapeXml(text) : text);
}

function fieldStructure({ inputs, outputs }: Signature): string {
  const inputBlocks = inputs.map((field) => block(field, placeholder(field, 'input')));
  const outputBlocks = outputs.map((field) =>
    isNested(field.type) ? typeToXml(field.name, field.type) : block(field, placeholder(field, 'output')),
  );
  return [FIRST_SENTENCE, inputBlocks.join('\n\n'), outputBlocks.join('\n\n')].join('\n\n');
}

function outputRequirements({ outputs }: Signature): string {
  const fields = outputs.map(({ name }) => `\`<${name}>\``).join(', then ');
  const nested = outputs.filter(({ type }) => isNested(type)).map(({ name, type }) => typeToXml(name, type));
  const structure = nested.length === 0 ? '' : ` Use this nested XML structure: ${nested.join(' ')}`;
  return `Respond with the corresponding output fields wrapped in XML tags ${fields}.${structure}`;
}

/** The whole answer must be well-formed XML; elements that are not outputs are dropped. */
function parse(signature: Signature, completion: string): Values {
  const elements = groupChildren(rootOf(completion));
  const values: Values = {};
  for (const field of signature.outputs) {
    const found = elements.get(field.name);
    if (found !== undefined) values[field.name] = readElements(completion, field, found);
  }
  return completeOutputs('xml', signature, completion, values);
}

function rootOf(completion: string): XmlElement {
  try {
    return readXml(completion);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new ParseFailure(
      `The answer is not well-formed XML: ${error.message}.`,
      { adapter: 'xml', completion },
      error,
    );
  }
}

/** By the type's schema first, then by each alternative of a union in turn. */
function readElements(completion: string, field: Field, elements: readonly XmlElement[]): Json {
  const schema = schemaOf(field.type);
  let failure: unknown;
  for (const candidate of [schema, ...choicesOf(schema)])
    try {
      return readShaped(completion, field, elementsToValue(elements, candidate, definitionsOf(schema)));
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      failure = error;
    }
  throw failure;
}

const schemas = new WeakMap<FieldType, JsonObject>();

function schemaOf(type: FieldType): JsonObject {
  let schema = schemas.get(type);
  if (schema === undefined) {
    schema = typeJsonSchema(type);
    schemas.set(type, schema);
  }
  return schema;
}

/** Text that reads as JSON of the wrong type may still be right as it stands. */
function readShaped(completion: string, field: Field, value: Json): Json {
  try {
    return readField('xml', completion, field, value);
  } catch (error) {
    if (!(error instanceof ParseFailure) || field.type.kind === 'enum') throw error;
    try {
      return plainJson(coerce(value, field.type));
    } catch {
      throw error;
    }
  }
}
