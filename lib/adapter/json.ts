import { Mismatch } from '#lib/signature/mismatch';
import type { Field, Signature, Values } from '#lib/signature/signature';
import type { Adapter } from './adapter.ts';
import { FIRST_SENTENCE, markedPlaceholders, markedUserTurn, typeRequirement } from './chat.ts';
import { fieldDescription, taskDescription } from './describe.ts';
import { markCustomTypes } from './field-value.ts';
import { repairJson } from './json-repair.ts';
import { ParseFailure } from './parse-failure.ts';
import { jsonDumps } from './python-value.ts';
import { completeOutputs, readField } from './read-value.ts';
import { outputsResponseFormat } from './response-format.ts';
import { type Template, templates, turns } from './turns.ts';
import { placeholder } from './type-note.ts';

/** DSPy's JSONAdapter: inputs under markers, outputs as one JSON object. */
export const jsonAdapter: Adapter = {
  name: 'json',
  format: (signature, demos, inputs) => turns(templateOf, signature, demos, inputs),
  userTurn: (signature, inputs) => templateOf(signature).user(inputs, '', false),
  parse,
  responseFormat: outputsResponseFormat,
};

const templateOf = templates((signature): Template => {
  const requirements = outputRequirements(signature);
  return {
    system: `${fieldDescription(signature)}\n${fieldStructure(signature)}\n${taskDescription(signature)}`,
    user: (values, opening, request) => markedUserTurn(signature, values, opening, request ? requirements : ''),
    assistant: (values, missing) =>
      objectText(
        signature.outputs.map((field) => {
          const value = Object.hasOwn(values, field.name) ? values[field.name] : missing;
          return [field.name, jsonDumps(markCustomTypes(value, field.type), field.type, 2, 1)];
        }),
      ),
  };
});

function objectText(members: [string, string][]): string {
  if (members.length === 0) return '{}';
  return `{\n  ${members.map(([name, text]) => `${JSON.stringify(name)}: ${text}`).join(',\n  ')}\n}`;
}

function fieldStructure({ inputs, outputs }: Signature): string {
  return [
    FIRST_SENTENCE,
    'Inputs will have the following structure:',
    markedPlaceholders(inputs, 'input'),
    'Outputs will be a JSON object with the following fields.',
    objectText(outputs.map((field) => [field.name, jsonDumps(placeholder(field, 'output'))])),
  ].join('\n\n');
}

function outputRequirements({ outputs }: Signature): string {
  const fields = outputs.map((field: Field) => `\`${field.name}\`${typeRequirement(field)}`).join(', then ');
  return `Respond with a JSON object in the following order of fields: ${fields}.`;
}

/** The answer's JSON object, or the first one inside it. Members that are not outputs are dropped. */
function parse(signature: Signature, completion: string): Values {
  const object = firstObject(completion);
  if (object === undefined) throw new ParseFailure('The answer holds no JSON object.', { adapter: 'json', completion });
  const values: Values = {};
  // In the answer's order, so that the first wrong value is the one reported.
  for (const [name, value] of Object.entries(object)) {
    const field = signature.outputs.find((output) => output.name === name);
    if (field !== undefined) values[name] = readField('json', completion, field, value);
  }
  return completeOutputs('json', signature, completion, values);
}

function firstObject(completion: string): { [name: string]: unknown } | undefined {
  try {
    const whole = repairJson(completion);
    if (isObject(whole)) return whole;
    const part = balancedObject(completion);
    const inner = part === undefined ? undefined : repairJson(part);
    return isObject(inner) ? inner : undefined;
  } catch (error) {
    if (error instanceof Mismatch) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The first run from a brace to the one that balances it, quotes not considered. */
function balancedObject(text: string): string | undefined {
  const open: number[] = [];
  let first: [number, number] | undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 123) open.push(i);
    if (code !== 125) continue;
    const start = open.pop();
    if (start !== undefined && (first === undefined || start < first[0])) first = [start, i + 1];
    if (open.length === 0 && first !== undefined) break;
  }
  return first === undefined ? undefined : text.slice(...first);
}
