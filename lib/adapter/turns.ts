import { isJsonObject, type JsonObject } from '#lib/base/json';
import type { Message } from '#lib/lm/spec';
import type { Field, Signature, Values } from '#lib/signature/signature';
import type { Demo } from './adapter.ts';
import { splitContent } from './custom-type.ts';

/** What one adapter writes; `turns` puts it in order. Everything that depends on the signature alone is made once. */
export interface Template {
  system: string;
  /** The user turn: an opening line (or ''), the inputs that are present, and what is required (on a request). */
  user(values: Values, opening: string, request: boolean): string;
  /** The assistant turn; a missing output is shown as `missing`. */
  assistant(values: Values, missing: string | null): string;
}

const OPENING = 'This is an example of the task, though some input or output fields are not supplied.';
const MISSING_IN_DEMO = 'Not supplied for this particular example. ';

/** Templates by signature object: signatures never change, and a program uses few. */
export function templates(make: (signature: Signature) => Template): (signature: Signature) => Template {
  const made = new WeakMap<Signature, Template>();
  return (signature) => {
    let template = made.get(signature);
    if (template === undefined) {
      template = make(signature);
      made.set(signature, template);
    }
    return template;
  };
}

/** DSPy's order: system, incomplete demos, complete demos, history, the request. */
export function turns(
  templateOf: (signature: Signature) => Template,
  signature: Signature,
  demos: readonly Demo[],
  inputs: Values,
): Message[] {
  const template = templateOf(signature);
  const messages: Message[] = [{ role: 'system', content: template.system }];
  addDemos(messages, template, signature, demos);
  const history = signature.inputs.find(({ type }) => type.kind === 'dspy' && type.name === 'History');
  if (history === undefined) {
    addUser(messages, template.user(inputs, '', true));
    return messages;
  }
  const plain = templateOf(withoutField(signature, history));
  for (const past of pastMessages(inputs, history)) addPast(messages, plain, signature, past);
  addUser(messages, plain.user(inputs, '', true));
  return messages;
}

function addDemos(messages: Message[], template: Template, signature: Signature, demos: readonly Demo[]): void {
  const complete: Demo[] = [];
  const incomplete: Demo[] = [];
  for (const demo of demos) {
    const given = ({ name }: Field) => demo[name] !== undefined && demo[name] !== null && Object.hasOwn(demo, name);
    const present = ({ name }: Field) => demo[name] !== undefined && Object.hasOwn(demo, name);
    if (signature.inputs.every(given) && signature.outputs.every(given)) complete.push(demo);
    else if (signature.inputs.some(present) && signature.outputs.some(present)) incomplete.push(demo);
  }
  for (const demo of incomplete) {
    addUser(messages, template.user(demo, OPENING, false));
    messages.push({ role: 'assistant', content: template.assistant(demo, MISSING_IN_DEMO) });
  }
  for (const demo of complete) {
    messages.push({ role: 'user', content: splitContent(template.user(demo, '', false)) });
    messages.push({ role: 'assistant', content: template.assistant(demo, null) });
  }
}

function addUser(messages: Message[], content: string): void {
  if (content !== '') messages.push({ role: 'user', content: splitContent(content) });
}

function addPast(messages: Message[], template: Template, signature: Signature, past: JsonObject): void {
  const asked = signature.inputs.some(({ name }) => Object.hasOwn(past, name));
  addUser(messages, template.user(past, '', asked));
  const answer = template.assistant(past, null);
  if (answer !== '') messages.push({ role: 'assistant', content: answer });
}

/** A history is `{messages: [...]}`, as DSPy's History is, or the list itself. */
function pastMessages(inputs: Values, field: Field): JsonObject[] {
  const value = Object.hasOwn(inputs, field.name) ? inputs[field.name] : undefined;
  const list = isJsonObject(value) ? value.messages : value;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

const withoutHistory = new WeakMap<Signature, Signature>();

function withoutField(signature: Signature, field: Field): Signature {
  let plain = withoutHistory.get(signature);
  if (plain === undefined) {
    plain = { ...signature, inputs: signature.inputs.filter((input) => input !== field) };
    withoutHistory.set(signature, plain);
  }
  return plain;
}
