// node bench/evaluate/whole.ts [--rounds 5] [--write]: evaluation through everything a product run passes (evaluate,
// engine, module, adapter, gateway, provider) against a 50 ms model in a process of its own, beside node:http alone; and
// what one native module call costs us over a model that answers at once.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
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
import { machine, spread } from '../measure.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
});
const rounds = Number(options.rounds);
const LATENCY_MS = 50;
const CONCURRENCY = 256;
const EXAMPLES = CONCURRENCY * 40;

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

async function perSecond(
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

/** The same calls by node:http alone: no prompt, no cache, no score. */
async function bareHttp(address: string, count: number): Promise<{ rate: number; cpuUs: number }> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY, scheduling: 'lifo' });
  const body = JSON.stringify({ model: 'mock', messages: [{ role: 'user', content: 'x'.repeat(900) }] });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const call = () =>
    new Promise<void>((resolve, reject) => {
      const request = http.request(`${address}/chat/completions`, { method: 'POST', agent, headers }, (reply) => {
        reply.on('end', resolve).resume();
      });
      request.on('error', reject).end(body);
    });
  const cpu = process.cpuUsage();
  const begin = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left-- > 0) await call();
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  agent.destroy();
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

const mock: ChildProcess = spawn(
  process.execPath,
  [fileURLToPath(new URL('../gateway/mock.ts', import.meta.url)), String(LATENCY_MS)],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const [port] = (await once(mock.stdout as NonNullable<typeof mock.stdout>, 'data')) as [Buffer];
  const endpoint = `http://127.0.0.1:${String(port).trim()}/v1`;
  const overHttp = depsOver({ openai: openaiProvider() }, {
    provider: 'openai',
    model: 'mock',
    endpoint,
  } as LanguageModelSettings);
  const price = { inputNanoUsdPerToken: 100, outputNanoUsdPerToken: 400 };
  const atOnce = depsOver(instant, { provider: 'instant', model: 'm', priceOverride: price } as LanguageModelSettings);
  const ideal = (CONCURRENCY * 1000) / LATENCY_MS;
  await perSecond(overHttp, CONCURRENCY * 8, CONCURRENCY);
  await perSecond(atOnce, 20_000, 64);
  const taken = { whole: [] as number[], wholeCpuUs: [] as number[], bare: [] as number[], bareCpuUs: [] as number[] };
  const callCpuUs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const whole = await perSecond(overHttp, EXAMPLES, CONCURRENCY);
    taken.whole.push(whole.rate / ideal);
    taken.wholeCpuUs.push(whole.cpuUs);
    const bare = await bareHttp(endpoint, EXAMPLES);
    taken.bare.push(bare.rate / ideal);
    taken.bareCpuUs.push(bare.cpuUs);
    callCpuUs.push((await perSecond(atOnce, 20_000, 64)).cpuUs);
  }
  const result = {
    question:
      'How near to its ideal does an evaluation come at 256 calls at once over a 50 ms model, all parts included?',
    target: { shareOfIdeal: 0.85, microsecondsPerModuleCall: 60 },
    ...machine(),
    ...{ rounds, examples: EXAMPLES, concurrency: CONCURRENCY, latencyMs: LATENCY_MS, idealPerSecond: ideal },
    whole: { shareOfIdeal: spread(taken.whole), cpuUsPerCall: spread(taken.wholeCpuUs) },
    nodeHttpAlone: { shareOfIdeal: spread(taken.bare), cpuUsPerCall: spread(taken.bareCpuUs) },
    wholeToNodeHttpAlone: spread(taken.whole.map((share, round) => share / (taken.bare[round] ?? Number.NaN))),
    moduleCallOverInstantModel: {
      cpuUsPerCall: spread(callCpuUs),
      includes: 'evaluate, engine, module, adapter, gateway, score',
    },
  };
  console.log(JSON.stringify(result, null, 2));
  if (options.write)
    writeFileSync(new URL('results/whole.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
} finally {
  mock.kill();
}
