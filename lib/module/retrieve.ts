import type { Field, FieldType } from '#lib/signature/signature';
import type { ModuleKind } from './forward.ts';

const PASSAGES = 3;
const list = (name: string, item: FieldType): Field => ({ name, type: { kind: 'list', item }, description: '' });

/** dspy.Retrieve: the `k` passages of a corpus that are nearest to a query. Calls no language model. */
export const retrieve: ModuleKind = {
  doc: 'Finds passages of a corpus; no language model is called.',
  predictors: () => ({}),
  face: ({ signature }) => ({
    inputs: signature.inputs,
    outputs: [list('passages', { kind: 'str' }), list('ids', { kind: 'str' }), list('scores', { kind: 'float' })],
  }),
  forward: async (run) => {
    // The one input, whatever its name: a program may search for a `question`.
    const [query] = Object.values(run.inputs);
    const found = await run.search(String(query), run.spec.options?.k ?? PASSAGES);
    return {
      passages: found.map(({ text }) => text),
      ids: found.map(({ id }) => id),
      scores: found.map(({ score }) => score),
    };
  },
};
