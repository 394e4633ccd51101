import * as z from 'zod';
import { MetricSpecSchema } from '#lib/metric/schema';
import { readsOutputs, scoreFunction } from '#lib/metric/score';
import { Description, JsonValues, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';

export const Metric = defineResource({
  name: 'Metric',
  path: 'metrics',
  idPrefix: 'met',
  doc: 'How good outputs are, given labels: a number in [0, 1].',
  attributes: { name: Name, description: Description, spec: MetricSpecSchema },
  unique: ['name'],
  versions: 'attributes',
  calculations: {
    reads: {
      doc: 'The program outputs it looks at.',
      type: z.array(z.string()),
      from: (record) => readsOutputs(record.spec),
    },
  },
  actions: (a) => ({
    create: a.create({ doc: 'Declare a metric.', accept: ['name', 'description', 'spec'] }),
    update: a.update({
      doc: 'Change it; evaluations keep the version they used.',
      accept: ['name', 'description', 'spec'],
    }),
    delete: a.remove({ doc: 'Remove it.' }),
    score: a.call({
      doc: 'Try it on one pair.',
      effect: false,
      input: { labels: JsonValues, outputs: JsonValues },
      output: z.object({
        value: z.number(),
        parts: z.record(z.string(), z.number()).optional(),
        reason: z.string().optional(),
      }),
      run: async ({ record, input }) => scoreFunction(record.spec)(input.labels, input.outputs),
    }),
  }),
});
