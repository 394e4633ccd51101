import * as z from 'zod';
import { Unprocessable } from '#lib/base/errors';
import { StepFailure } from '#lib/base/failure';
import { MetricSpecSchema } from '#lib/metric/schema';
import { readsOutputs, scoreFunction } from '#lib/metric/score';
import { Description, JsonValues, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { Calibration, calibrate, Judged } from './calibrate.ts';
import { checked } from './check.ts';
import { metricHands } from './hands.ts';

const Scored = z.object({
  value: z.number(),
  parts: z.record(z.string(), z.number()).optional(),
  reason: z.string().optional(),
});

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
    create: a.create({
      doc: 'Declare a metric.',
      accept: ['name', 'description', 'spec'],
      run: async ({ input }) => checked(input.spec),
    }),
    update: a.update({
      doc: 'Change it; evaluations keep the version they used.',
      accept: ['name', 'description', 'spec'],
      run: async ({ input }) => (input.spec === undefined ? {} : checked(input.spec)),
    }),
    delete: a.remove({ doc: 'Remove it.' }),
    score: a.call({
      doc: 'Try it on one pair. A judge is really asked.',
      access: 'run',
      effect: false,
      input: { labels: JsonValues, outputs: JsonValues, inputs: JsonValues.default({}) },
      output: Scored,
      run: async ({ record, input, ctx }) => {
        const score = scoreFunction(record.spec, metricHands(ctx.services, ctx));
        try {
          return await score(input.labels, input.outputs, input.inputs);
        } catch (error) {
          if (!(error instanceof StepFailure)) throw error;
          throw new Unprocessable('metric_failed', error.message, { cause: error });
        }
      },
    }),
    calibrate: a.call({
      doc: 'How far it agrees with people: a pair counts as good from the threshold on.',
      access: 'run',
      effect: false,
      input: {
        pairs: z.array(Judged).min(2).max(500),
        threshold: z.number().min(0).max(1).default(0.5),
        seed: z.int().default(0),
      },
      output: Calibration,
      run: ({ record, input, ctx }) => calibrate(scoreFunction(record.spec, metricHands(ctx.services, ctx)), input),
    }),
  }),
});
