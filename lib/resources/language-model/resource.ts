import * as z from 'zod';
import { SECRET_REFERENCE, SECRET_REFERENCE_WANTED } from '#lib/base/secret-reference';
import { modelFromId } from '#lib/lm/registry';
import { Description, Name, NanoUsd, Tokens } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { defined, settingsOf } from './settings.ts';

export const LmParameters = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().min(1).max(1_000_000).optional(),
  topP: z.number().gt(0).max(1).optional(),
  stop: z.array(z.string().min(1)).max(16).optional(),
  seed: z.int().optional(),
  typicalInputs: z
    .array(z.record(z.string(), z.string().max(4000)))
    .min(1)
    .max(32)
    .optional(),
});

const Price = z.strictObject({ inputNanoUsdPerToken: z.number().min(0), outputNanoUsdPerToken: z.number().min(0) });
const Limits = z.strictObject({
  concurrency: z.int().min(1).max(10_000).optional(),
  timeoutSeconds: z.number().gt(0).max(3600).optional(),
  maxRetries: z.int().min(0).max(10).optional(),
});

const ModelId = z
  .string()
  .max(300)
  .superRefine((id, context) => {
    try {
      modelFromId(id);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  })
  .meta({
    description: 'provider/model, such as openai/gpt-4o-mini, ollama/llama3.2 or embedded/SmolLM2-135M-Instruct',
  });

const ACCEPT = [
  'name',
  'description',
  'model',
  'endpoint',
  'secretRef',
  'defaults',
  'priceOverride',
  'limits',
] as const;

export const LanguageModel = defineResource({
  name: 'LanguageModel',
  path: 'language-models',
  idPrefix: 'lms',
  doc: 'A model under a name: provider, model id, endpoint, where its secret is, defaults, price and limits.',
  attributes: {
    name: Name,
    description: Description,
    model: ModelId,
    endpoint: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .default(null),
    secretRef: z.string().regex(SECRET_REFERENCE, SECRET_REFERENCE_WANTED).nullable().default(null),
    defaults: LmParameters.default({}),
    priceOverride: Price.nullable().default(null),
    limits: Limits.default({}),
  },
  unique: ['name'],
  actions: (a) => ({
    create: a.create({ doc: 'Name a model.', accept: ACCEPT }),
    update: a.update({
      doc: 'Change its settings; published versions keep model id and defaults, and read the rest at run time.',
      accept: ACCEPT,
    }),
    delete: a.remove({ doc: 'Remove the name.' }),
    test: a.call({
      doc: 'One short call, to see that the endpoint, the key and the model id are right. Costs one call.',
      input: { prompt: z.string().max(2000).default('Answer with the word: ready') },
      output: z.object({
        ok: z.boolean(),
        text: z.string().nullable(),
        failure: z.string().nullable(),
        inputTokens: Tokens,
        outputTokens: Tokens,
        costNanoUsd: NanoUsd,
        durationMs: z.number(),
      }),
      run: async ({ record, input, ctx }) => {
        const ask = {
          workspaceId: ctx.workspaceId,
          model: settingsOf(record),
          messages: [{ role: 'user' as const, content: input.prompt }],
          parameters: { ...defined(record.defaults), maxTokens: 16 },
          cache: false,
          signal: ctx.signal,
        };
        try {
          const answer = await ctx.services.gateway.complete(ask);
          return {
            ok: true,
            text: answer.text,
            failure: null,
            ...answer.usage,
            costNanoUsd: answer.costNanoUsd,
            durationMs: answer.durationMs,
          };
        } catch (error) {
          const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
          return {
            ok: false,
            text: null,
            failure: message,
            inputTokens: 0,
            outputTokens: 0,
            costNanoUsd: 0,
            durationMs: 0,
          };
        }
      },
    }),
  }),
});
