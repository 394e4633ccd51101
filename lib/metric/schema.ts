import * as z from 'zod';
import { depthOf } from '#lib/base/json';
import { partNames } from './composite.ts';
import type { MetricSpec } from './spec.ts';

const field = z.string().min(1).max(100);
const pair = { output: field, label: field.optional() };
const lm = z.string().min(1).max(200).meta({ description: 'A LanguageModel, or provider/model.' });
const file = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(1) });
const share = z.number().min(0).max(1);
// A composite in a composite is two levels of JSON (list, part) and the metric itself; six storeys are plenty.
const MAX_DEPTH = 20;

const Metric: z.ZodType<MetricSpec> = z
  .lazy(
    () =>
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('exact_match'), ...pair, normalize: z.boolean().optional() }),
        z.strictObject({ kind: z.literal('f1'), ...pair }),
        z.strictObject({ kind: z.literal('contains'), ...pair }),
        z.strictObject({
          kind: z.literal('numeric'),
          ...pair,
          tolerance: z.number().min(0).optional(),
          relative: z.boolean().optional(),
        }),
        z.strictObject({
          kind: z.literal('regex'),
          output: field,
          pattern: z.string().min(1).max(2000).meta({ description: 'In RE2 syntax; found anywhere in the output.' }),
          ignoreCase: z.boolean().optional(),
        }),
        z.strictObject({
          kind: z.literal('json_schema'),
          output: field,
          schema: z.record(z.string(), z.json()),
        }),
        z.strictObject({
          kind: z.literal('judge'),
          outputs: z.array(field).min(1).max(50),
          inputs: z.array(field).max(50).optional(),
          labels: z.array(field).max(50).optional(),
          criteria: z.string().min(1).max(20_000),
          lm,
          scale: z.number().positive().max(1000).optional(),
        }),
        z.strictObject({ kind: z.literal('semantic_f1'), ...pair, question: field.optional(), lm }),
        z.strictObject({
          kind: z.literal('complete_and_grounded'),
          ...pair,
          question: field.optional(),
          context: field.optional(),
          lm,
        }),
        z.strictObject({
          kind: z.literal('python'),
          entry: z.string().regex(/^[A-Za-z_][\w.]*:[A-Za-z_]\w*$/u, 'wanted package.module:function'),
          outputs: z.array(field).min(1).max(50),
          package: file.optional(),
          lock: file.optional(),
          program: z.string().max(400).optional(),
          lm: lm.optional(),
        }),
        Composite,
      ]) as z.ZodType<MetricSpec>,
  )
  .meta({ id: 'MetricSpec' });

const Composite = z
  .strictObject({
    kind: z.literal('composite'),
    parts: z
      .array(
        z.strictObject({
          metric: Metric,
          weight: z.number().min(0),
          name: z.string().min(1).max(100).optional(),
          atLeast: share.optional(),
        }),
      )
      .min(1)
      .max(50),
  })
  .superRefine((spec, context) => {
    if (!spec.parts.some((part) => part.weight > 0)) {
      context.addIssue({ code: 'custom', path: ['parts'], message: 'at least one part needs a weight above 0' });
    }
    const names = partNames(spec as Extract<MetricSpec, { kind: 'composite' }>);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index) {
        context.addIssue({
          code: 'custom',
          path: ['parts', index, 'name'],
          message: `"${name}" names another part too`,
        });
      }
    }
  });

/** Strict; a metric nested deeper than six composites is refused before it is looked at. */
export const MetricSpecSchema = z.preprocess((value, context) => {
  if (depthOf(value, MAX_DEPTH + 1) <= MAX_DEPTH) return value;
  context.addIssue({ code: 'custom', message: 'metrics are nested too deep' });
  return z.NEVER;
}, Metric) as z.ZodType<MetricSpec>;
