import { Description, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { OptimizerChoice } from '../optimization/attributes.ts';

export const Optimizer = defineResource({
  name: 'Optimizer',
  path: 'optimizers',
  idPrefix: 'opr',
  doc: 'An optimization strategy under a name: which one, and its configuration.',
  attributes: { name: Name, description: Description, choice: OptimizerChoice },
  unique: ['name'],
  versions: 'attributes',
  actions: (a) => ({
    create: a.create({ doc: 'Name a strategy.', accept: ['name', 'description', 'choice'] }),
    update: a.update({
      doc: 'Change it; running optimizations keep what they began with.',
      accept: ['name', 'description', 'choice'],
    }),
    delete: a.remove({ doc: 'Remove it.' }),
  }),
});
