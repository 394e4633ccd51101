import { formatType } from '#lib/signature/print';
import type { Field, Signature, Values } from '#lib/signature/signature';
import type { Adapter } from './adapter.ts';
import { fieldDescription, taskDescription } from './describe.ts';
import { fieldText } from './field-value.ts';
import { splitLines, strip } from './python-text.ts';
import { completeOutputs, readField } from './read-value.ts';
import { chatStream } from './stream.ts';
import { type Template, templates, turns } from './turns.ts';
import { placeholder } from './type-note.ts';

export const FIRST_SENTENCE =
  'All interactions will be structured in the following way, with the appropriate values filled in.';

const HEADER = /^\[\[ ## ([\p{L}\p{N}_]+) ## \]\]/u;

/** DSPy's ChatAdapter: each field under a `[[ ## name ## ]]` marker. */
export const chatAdapter: Adapter = {
  name: 'chat',
  format: (signature, demos, inputs) => turns(templateOf, signature, demos, inputs),
  userTurn: (signature, inputs) => templateOf(signature).user(inputs, '', false),
  parse,
  stream: chatStream,
};

const templateOf = templates((signature): Template => {
  const requirements = outputRequirements(signature);
  return {
    system: `${fieldDescription(signature)}\n${fieldStructure(signature)}\n${taskDescription(signature)}`,
    user: (values, opening, request) => markedUserTurn(signature, values, opening, request ? requirements : ''),
    assistant: (values, missing) => `${fieldBlocks(signature.outputs, values, missing)}\n\n[[ ## completed ## ]]\n`,
  };
});

/** The inputs that are present under their markers, between an opening line and what is required. */
export function markedUserTurn(signature: Signature, values: Values, opening: string, closing: string): string {
  let text = opening;
  for (const { name, type } of signature.inputs)
    if (Object.hasOwn(values, name)) text += `\n\n[[ ## ${name} ## ]]\n${fieldText(values[name], type)}`;
  return strip(`${text}\n\n${closing}`);
}

function fieldBlocks(fields: readonly Field[], values: Values, missing: string | null): string {
  let text = '';
  for (const { name, type } of fields) {
    const value = Object.hasOwn(values, name) ? values[name] : missing;
    text += `${text === '' ? '' : '\n\n'}[[ ## ${name} ## ]]\n${fieldText(value, type)}`;
  }
  return strip(text);
}

function fieldStructure(signature: Signature): string {
  return strip(
    [
      FIRST_SENTENCE,
      markedPlaceholders(signature.inputs, 'input'),
      markedPlaceholders(signature.outputs, 'output'),
      '[[ ## completed ## ]]\n',
    ].join('\n\n'),
  );
}

export function markedPlaceholders(fields: readonly Field[], role: 'input' | 'output'): string {
  return strip(fields.map((field) => `[[ ## ${field.name} ## ]]\n${placeholder(field, role)}`).join('\n\n'));
}

function outputRequirements({ outputs }: Signature): string {
  const fields = outputs.map((field) => `\`[[ ## ${field.name} ## ]]\`${typeRequirement(field)}`).join(', then ');
  return (
    `Respond with the corresponding output fields, starting with the field ${fields}` +
    ', and then ending with the marker for `[[ ## completed ## ]]`.'
  );
}

/** What the reminder says of a field's type, in the words both adapters that have it share. */
export function typeRequirement({ type }: Field): string {
  if (type.kind === 'str') return '';
  if (type.kind === 'dspy' && type.name === 'ToolCalls')
    return ' (must be a JSON object like {"tool_calls": [{"name": "...", "args": {...}}]})';
  return ` (must be formatted as a valid Python ${formatType(type)})`;
}

/** The sections of an answer by their markers. The first section of a name counts; unknown names are dropped. */
function parse(signature: Signature, completion: string): Values {
  const values: Values = {};
  let field: Field | undefined;
  let lines: string[] = [];
  const close = (): void => {
    if (field === undefined || Object.hasOwn(values, field.name)) return;
    values[field.name] = readField('chat', completion, field, strip(lines.join('\n')));
  };
  for (const line of splitLines(completion)) {
    const found = line.includes('[[ ## ') ? HEADER.exec(strip(line)) : null;
    if (found === null) {
      lines.push(line);
      continue;
    }
    close();
    field = signature.outputs.find(({ name }) => name === found[1]);
    // Cut from the line as it stands, although the marker was found in the stripped one: DSPy does so too.
    const rest = strip(line.slice(found[0].length));
    lines = rest === '' ? [] : [rest];
  }
  close();
  return completeOutputs('chat', signature, completion, values);
}
