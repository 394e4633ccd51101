import { failureOf, StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json } from '#lib/base/json';
import type { Field, FieldType, Values } from '#lib/signature/signature';
import { validInputs } from './check-inputs.ts';
import type { ModuleKind } from './forward.ts';
import { plainOf } from './plain.ts';

const AT_ONCE = 8;
const OBJECTS: FieldType = { kind: 'list', item: { kind: 'dict', key: { kind: 'str' }, value: { kind: 'any' } } };
const field = (name: string, type: FieldType): Field => ({ name, type, description: '' });

/** dspy.Parallel: one module over many inputs at once, results in order. */
export const parallel: ModuleKind = {
  doc: 'Runs a module on each of `items` (objects of its inputs); `results` are in order, null where one failed.',
  predictors: (spec) => plainOf(spec).predictors(spec),
  face: () => ({
    inputs: [field('items', OBJECTS)],
    outputs: [field('results', { kind: 'list' }), field('failures', OBJECTS)],
  }),
  atOnce: ({ options }) => options?.concurrency ?? AT_ONCE,
  forward: async (run) => {
    const { concurrency = AT_ONCE, failCount = 0 } = run.spec.options ?? {};
    const plain = plainOf(run.spec);
    const items = run.inputs.items as Json[];
    const results: Json[] = items.map(() => null);
    const failures: { index: number; name: string; message: string }[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < items.length && failures.length <= failCount && !run.signal?.aborted) {
        const index = next++;
        try {
          const inputs = validInputs(run.spec.signature, objectOf(items[index], index));
          results[index] = await plain.forward(run.draw(index, { inputs }));
        } catch (error) {
          const { name, message } = failureOf(error);
          failures.push({ index, name, message });
          if (failures.length > failCount) throw error;
        }
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: Math.min(concurrency, items.length) }, worker));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    return { results, failures: failures.sort((a, b) => a.index - b.index) };
  },
};

function objectOf(item: Json | undefined, index: number): Values {
  if (isJsonObject(item)) return item;
  throw new StepFailure('Input.Invalid', `/items/${index}: wanted an object of inputs`);
}
