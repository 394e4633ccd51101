import { formatType } from '#lib/signature/print';
import type { Constraints, Field, FieldType, Signature } from '#lib/signature/signature';
import { dedent, floatText, splitLines, strip } from './python-text.ts';

/** The numbered lists of fields that open every system message. */
export function fieldDescription(signature: Signature): string {
  return (
    `Your input fields are:\n${describeFields(signature.inputs)}\n` +
    `Your output fields are:\n${describeFields(signature.outputs)}`
  );
}

export function describeFields(fields: readonly Field[]): string {
  return strip(fields.map((field, index) => `${index + 1}. ${describeField(field)}`).join('\n'));
}

function describeField(field: Field): string {
  let description = field.description === `\${${field.name}}` ? '' : field.description;
  for (const [name, text] of customTypes(field.type)) description += `\n    Type description of ${name}: ${text}`;
  const constraints = constraintText(field.constraints);
  return `\`${field.name}\` (${formatType(field.type)}): ${description}${constraints && `\nConstraints: ${constraints}`}`;
}

/** The DSPy types in a type that describe themselves, with the name and text they are described by. */
function customTypes(type: FieldType): [string, string][] {
  switch (type.kind) {
    case 'dspy': {
      const text = TYPE_DESCRIPTIONS[type.name]?.(type.argument ?? 'python');
      return text === undefined ? [] : [[formatType(type), text]];
    }
    case 'list':
    case 'set':
    case 'frozenset':
      return type.item === undefined ? [] : customTypes(type.item);
    case 'dict':
      return [type.key, type.value].flatMap((part) => (part === undefined ? [] : customTypes(part)));
    case 'tuple':
      return (type.items ?? []).flatMap(customTypes);
    case 'union':
      return type.options.flatMap(customTypes);
    default:
      return [];
  }
}

const TYPE_DESCRIPTIONS: { [name: string]: (argument: string) => string } = {
  Code: (language) =>
    'Code represented in a string, specified in the `code` field. If this is an output field, the code field should ' +
    `follow the markdown code block format, e.g. \n\`\`\`${language.toLowerCase()}\n{code}\n\`\`\`` +
    `\nProgramming language: ${language}`,
  ToolCalls: () =>
    'Tool calls must be a JSON object with `tool_calls`, a list of calls. Each call must include `name` and `args`. ' +
    'Example: {"tool_calls": [{"name": "search", "args": {"query": "cats"}}]}',
};

const CONSTRAINT_TEXT: { [name in keyof Constraints]-?: string } = {
  gt: 'greater than: ',
  ge: 'greater than or equal to: ',
  lt: 'less than: ',
  le: 'less than or equal to: ',
  min_length: 'minimum length: ',
  max_length: 'maximum length: ',
  multiple_of: 'a multiple of the given number: ',
  allow_inf_nan: "allow 'inf', '-inf', 'nan' values: ",
};

function constraintText(constraints: Constraints | undefined): string {
  if (constraints === undefined) return '';
  return (Object.entries(constraints) as [keyof Constraints, number | boolean][])
    .map(([name, value]) => CONSTRAINT_TEXT[name] + boundText(value))
    .join(', ');
}

function boundText(value: number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return Number.isInteger(value) ? String(value) : floatText(value);
}

/** The instructions, indented, as the objective of the exchange. */
export function taskDescription(signature: Signature): string {
  const lines = splitLines(dedent(signature.instructions));
  return `In adhering to this structure, your objective is: ${['', ...lines].join(`\n${' '.repeat(8)}`)}`;
}
