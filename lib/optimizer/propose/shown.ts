import type { Demo } from '#lib/adapter/adapter';
import type { Json } from '#lib/base/json';
import { formatType } from '#lib/signature/print';
import type { Values } from '#lib/signature/signature';
import type { ExampleSketch, ProgramSketch } from '../spec.ts';

// A prompt to the teacher shows enough of a value to learn from; a record holds the whole prompt, so it has to end.
const VALUE_CHARACTERS = 1500;

/** `name: value` lines; long values are cut with a mark that says so. */
export function shownValues(values: Values, most = VALUE_CHARACTERS): string {
  return Object.entries(values)
    .filter(([name]) => name !== 'augmented')
    .map(([name, value]) => `${name}: ${shownValue(value, most)}`)
    .join('\n');
}

export function shownValue(value: Json, most = VALUE_CHARACTERS): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= most ? text : `${text.slice(0, most)} [... ${text.length - most} more characters]`;
}

export function shownExamples(examples: readonly ExampleSketch[]): string {
  return examples
    .map(
      ({ inputs, labels }, index) =>
        `Example ${index + 1}\n${shownValues(inputs, 600)}\n=> ${shownValues(labels, 600)}`,
    )
    .join('\n\n');
}

export function shownDemos(demos: readonly Demo[]): string {
  return demos.map((demo, index) => `Example ${index + 1}\n${shownValues(demo, 600)}`).join('\n\n');
}

/** The program as an optimizer knows it: its modules, what goes in and out of each, and what each is told. */
export function shownProgram({ nodes }: ProgramSketch): string {
  return nodes.map((node) => `${shownModule(node)}\n    instruction: ${shownValue(node.instructions)}`).join('\n');
}

export function shownModule({ id, signature }: ProgramSketch['nodes'][number]): string {
  const fields = (side: typeof signature.inputs): string =>
    side.map(({ name, type }) => `${name}: ${formatType(type)}`).join(', ');
  return `${id}(${fields(signature.inputs)}) -> ${fields(signature.outputs)}`;
}
