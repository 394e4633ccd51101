import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { majorityOf } from '#lib/module/majority';
import { programCode } from '#lib/module/offer-feedback';
import { runModule } from '#lib/module/runtime';
import type { ModuleOptions, ModuleSpec } from '#lib/module/spec';
import type { ToolFace } from '#lib/module/tool/declaration';
import type { Values } from '#lib/signature/signature';
import { type GoldenHeader, type SignatureSpec, signatureOf } from '../adapter/golden-files.ts';
import { scripted, TOO_LONG } from './script.ts';

interface Case {
  name: string;
  type: ModuleSpec['type'];
  of?: NonNullable<ModuleSpec['of']>;
  signature: SignatureSpec;
  inputs: Values;
  adapter: 'chat' | 'json' | 'xml';
  tools?: ToolFace[];
  options?: ModuleOptions;
  rewards?: number[];
  demos?: Record<string, Values[]>;
  config?: ModuleSpec['config'];
  script: (string | { tooLong: true })[];
  asked: { messages: [role: string, text: number][]; temperature: number | null; sample: number }[];
  outputs?: Values | null;
  fails?: string;
}
interface Goldens extends GoldenHeader {
  programCode: string;
  rewardCode: string;
  observed: Record<string, Json[]>;
  majority: { answers: string[]; chosen: number }[];
  texts: string[];
  cases: Case[];
}
const goldens = JSON.parse(readFileSync(new URL('./goldens/modules.json', import.meta.url), 'utf8')) as Goldens;

function specOf(one: Case): ModuleSpec {
  const { type, of, options, tools, demos, config, adapter } = one;
  return {
    ...{ type, implementation: 'native', demos: [], config: config ?? {}, adapter },
    signature: signatureOf(one.signature, goldens.types),
    ...(of === undefined ? {} : { of }),
    ...(options === undefined ? {} : { options }),
    tools: (tools ?? []).map((tool) => ({ ...tool, kind: 'builtin', builtin: tool.name })),
    reward: { expression: goldens.rewardCode },
    predictors: Object.fromEntries(Object.entries(demos ?? {}).map(([name, own]) => [name, { demos: own }])),
  };
}

/** Tools that give what the golden's tools gave, in turn. */
function observed(): (tool: string) => Json {
  const given: Record<string, number> = {};
  return (tool) => {
    const at = given[tool] ?? 0;
    given[tool] = at + 1;
    const value = goldens.observed[tool]?.[at] ?? null;
    if (typeof value === 'object' && value !== null && 'fails' in value)
      throw new StepFailure('Effect.Failed', String((value as JsonObject).fails));
    return value;
  };
}

describe('modules ask what DSPy’s modules ask, call by call and byte for byte', () => {
  it.each(goldens.cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const spec = specOf(one);
    const { asked, context } = scripted(one.script.map((step) => (typeof step === 'string' ? step : TOO_LONG)));
    const observe = observed();
    const rewards = [...(one.rewards ?? [])];
    const outcome = await runModule(spec, one.inputs, {
      ...context,
      tools: { builtin: async ({ builtin }) => observe(builtin) },
      reward: async () => rewards.shift() ?? Number.NaN,
    });
    const wanted = one.asked.map(({ messages, temperature, sample }) => ({
      messages: messages.map(([role, text]) => ({
        role,
        // Python shows a class's source here; a line of ours stands for it.
        content: (goldens.texts[text] ?? '').replaceAll(goldens.programCode, programCode(spec)),
      })),
      temperature: temperature ?? undefined,
      sample,
    }));
    expect(
      asked.map(({ messages, parameters, sample }) => ({ messages, temperature: parameters.temperature, sample })),
    ).toEqual(wanted);
    if (one.fails === undefined) expect(outcome.outputs).toEqual(one.outputs);
    else expect(outcome.failure?.name).toBe('Output.Invalid');
  });

  it.each(goldens.majority)('majority of $answers', ({ answers, chosen }) => {
    const values = answers.map((answer, i) => ({ reasoning: String(i), answer }));
    expect(majorityOf(values, 'answer')).toBe(values[chosen]);
  });
});
