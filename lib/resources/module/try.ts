import * as z from 'zod';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { ModuleContext } from '#lib/module/runtime';
import { Implementation, JsonValues } from '../attributes.ts';
import type { Context } from '../define.ts';
import { FailureJson } from '../execution/attributes.ts';
import { modelNamed } from '../language-model/named.ts';
import { type ModuleDefinition, moduleSpec } from './definition.ts';
import { rewardOf } from './reward.ts';

const Because = z.object({ implementation: Implementation, because: z.string(), reason: z.string() });

/** One call of a module by itself, outside any program. */
export const Tried = z.object({
  outputs: JsonValues.nullable(),
  failure: FailureJson.nullable(),
  routing: Because.extend({
    fellBackFrom: z.object({ implementation: Implementation, failure: FailureJson }).optional(),
  }),
  calls: z.array(z.json()),
});

const Figures = z.object({ calls: z.int(), overheadMs: z.number(), parseFailures: z.number(), faults: z.number() });
const both = <T extends z.ZodType>(type: T) => z.object({ native: type, python: type });

/** What would serve a module now, and from which figures. */
export const Explained = z.object({
  route: Because.extend({ fallback: Implementation.optional() }),
  standing: both(z.object({ able: z.boolean(), why: z.string().optional() })),
  measured: both(Figures),
});

/** Runs a module once with these inputs; its model calls are cached and priced like any other. */
export async function tryModule(
  definition: ModuleDefinition,
  { inputs, implementation }: { inputs: z.output<typeof JsonValues>; implementation?: 'native' | 'python' | undefined },
  ctx: Context,
): Promise<z.input<typeof Tried>> {
  const spec = await moduleSpec(definition, ctx);
  const { gateway, tools, search, modules } = ctx.services;
  const { workspaceId, signal } = ctx;
  const names = [spec.lm, ...Object.values(spec.predictors ?? {}).map(({ lm }) => lm)];
  const models = new Map<string, LanguageModelSettings>();
  for (const name of names) models.set(name ?? 'default', await modelNamed(name ?? 'default', ctx));
  const context: ModuleContext = {
    ...{ workspaceId, gateway, tools, search, signal, reward: rewardOf },
    model: (name = 'default') => models.get(name) ?? (models.get(spec.lm ?? 'default') as LanguageModelSettings),
  };
  const { outputs = null, failure = null, routing, calls } = await modules.run(spec, inputs, context, implementation);
  return { outputs, failure, routing, calls: calls as never[] } as z.input<typeof Tried>;
}
