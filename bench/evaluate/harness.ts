// What both benches of a whole evaluation share: a program of one module, the parts a product run passes, a model in a
// process of its own, and a model in this one.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Example } from '#lib/dataset/example';
import type { EngineDeps } from '#lib/engine/engine';
import { runProgram } from '#lib/engine/run';
import { evaluate } from '#lib/evaluate/evaluate';
import { createGateway } from '#lib/lm/gateway';
import { openaiProvider } from '#lib/lm/openai/provider';
import type { Providers } from '#lib/lm/provider';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { scoreFunction } from '#lib/metric/score';
import { runModule } from '#lib/module/runtime';
import type { ModuleSpec } from '#lib/module/spec';
import { configure } from '#lib/program/configure';
import { parseSignature } from '#lib/signature/parse';

const module: ModuleSpec = {
  ...{ type: 'predict', implementation: 'native', demos: [], config: {} },
  signature: parseSignature('text -> label: Literal["spam", "ham"]'),
};
const program = await configure(
  {
    graph: {
      name: 'spam',
      input: { text: 'str' },
      output: { label: 'nodes.decide.label' },
      nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    },
    ...{ modules: { decider: module }, variables: [], bindings: [], constraints: [], lms: {}, assignment: {} },
  } as never,
  {},
);
const score = scoreFunction({ kind: 'exact_match', output: 'label' });
let asked = 0;
/** No two prompts are the same, so nothing comes from the cache. */
const examples = (count: number): Example[] =>
  Array.from({ length: count }, () => {
    const n = asked++;
    return { id: `e${n}`, inputs: { text: `ticket ${n}: you have won` }, labels: { label: 'spam' } };
  });

function depsOver(providers: Providers, model: LanguageModelSettings): EngineDeps {
  const gateway = createGateway({ providers, secrets: { get: async () => 'none', put: async () => {} } as never });
  return {
    runModule: (spec, inputs, { signal, attempt }) =>
      runModule(spec, inputs, {
        ...{ workspaceId: 'wsp_bench', gateway, model: () => model, sample: attempt - 1 },
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

export async function perSecond(
  deps: EngineDeps,
  count: number,
  concurrency: number,
): Promise<{ rate: number; cpuUs: number }> {
  const given = examples(count);
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const report = await evaluate({
    ...{ examples: given, concurrency, score },
    run: async (example, signal) => {
      const { usage, output, failure, ...result } = await runProgram(program, example.inputs, deps, {
        ...{ outputs: ['label'], signal },
      });
      return {
        ...{ calls: usage.calls, inputTokens: usage.inputTokens, outputTokens: usage.outputTokens },
        ...{ costNanoUsd: result.costNanoUsd, spentNanoUsd: result.spentNanoUsd, latencyMs: result.latencyMs },
        ...(output === undefined ? {} : { outputs: output }),
        ...(failure === undefined ? {} : { failure }),
      };
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (report.score !== 1) throw new Error(`wanted every answer right: ${JSON.stringify(report.failures)}`);
  return { rate: count / seconds, cpuUs: (user + system) / count };
}

/** A model in this very process that answers at once. */
const instant: Providers = {
  instant: async ({ model }) => {
    const answer = {
      content: [{ type: 'text' as const, text: '[[ ## label ## ]]\nspam\n\n[[ ## completed ## ]]' }],
      finishReason: { unified: 'stop' as const, raw: undefined },
      usage: {
        inputTokens: { total: 250, noCache: 250, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 12, text: 12, reasoning: undefined },
      },
      warnings: [],
    };
    return {
      ...{ specificationVersion: 'v4', provider: 'instant', modelId: model, supportedUrls: {} },
      doGenerate: async () => answer,
      doStream: () => Promise.reject(new Error('no streams here')),
    } as LanguageModelV4;
  },
};

/** A chat completion server that answers after `latencyMs`, in a process of its own. */
export async function startModel(latencyMs: number): Promise<{ endpoint: string; process: ChildProcess }> {
  const mock = spawn(
    process.execPath,
    [fileURLToPath(new URL('../gateway/mock.ts', import.meta.url)), String(latencyMs)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [port] = (await once(mock.stdout, 'data')) as [Buffer];
  return { endpoint: `http://127.0.0.1:${String(port).trim()}/v1`, process: mock };
}

export const overHttp = (endpoint: string): EngineDeps =>
  depsOver({ openai: openaiProvider() }, { provider: 'openai', model: 'mock', endpoint } as LanguageModelSettings);

const price = { inputNanoUsdPerToken: 100, outputNanoUsdPerToken: 400 };
export const atOnce = (): EngineDeps =>
  depsOver(instant, { provider: 'instant', model: 'm', priceOverride: price } as LanguageModelSettings);
