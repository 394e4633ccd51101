// One measurement of dspex in a process of its own: `dspex.ts CASE COUNT URL`; prints JSON.
import { adapters } from '#lib/adapter/adapters';
import { evaluate } from '#lib/evaluate/evaluate';
import { createGateway } from '#lib/lm/gateway';
import { createProviders, modelFromId } from '#lib/lm/registry';
import { scoreFunction } from '#lib/metric/score';
import { runModule } from '#lib/module/runtime';
import type { ModuleSpec } from '#lib/module/spec';
import { parseSignature } from '#lib/signature/parse';

const [, , name = '', size = '0'] = process.argv;
const count = Number(size);
const SIGNATURES = [
  'question -> answer',
  'question, contextPassages: list[str] -> answer, confidenceScore: float',
  'tweetText: str -> moodLabel: Literal["positive", "negative", "neutral"], score: float, tags: list[str]',
  'articleBody: str, lengthLimit: Optional[int] -> summaryText: str, factList: dict[str, list[str]], yearNumber: int | None',
];
const spec: ModuleSpec = {
  type: 'predict',
  implementation: 'native',
  signature: parseSignature('ticketText -> queueLabel'),
  demos: [],
  config: {},
};
const model = modelFromId('openai/mock');
const workspaceId = 'wsp_bench';

function perCall(work: (turn: number) => unknown): number {
  for (let i = 0; i < count / 4; i++) work(i);
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) work(i);
    rounds.push(Number(process.hrtime.bigint() - start) / count / 1000);
  }
  return Math.min(...rounds);
}

function realGateway() {
  return createGateway({
    providers: createProviders({ dataDir: '.', env: process.env }),
    secrets: { get: async () => null, put: async () => {} } as never,
  });
}

const cases: Record<string, () => Promise<number> | number> = {
  signature: () => perCall((turn) => parseSignature(SIGNATURES[turn % 4] ?? '')),
  prompt: () => {
    const ticket = parseSignature('ticket -> reasoning, queue: Literal["billing", "technical", "sales"], urgent: bool');
    const demos = Array.from({ length: 4 }, (_, n) => ({
      ticket: `My invoice number ${n} shows a sum I did not agree to.`,
      reasoning: 'The customer disputes a sum.',
      queue: 'billing',
      urgent: n % 2 === 0,
    }));
    const inputs = { ticket: 'The application does not start since the update of this morning.' };
    const answer =
      '[[ ## reasoning ## ]]\nA fault.\n\n[[ ## queue ## ]]\ntechnical\n\n[[ ## urgent ## ]]\nTrue\n\n[[ ## completed ## ]]\n';
    return perCall(() => [adapters.chat.format(ticket, demos, inputs), adapters.chat.parse(ticket, answer)]);
  },
  call: async () => {
    const text = '[[ ## queueLabel ## ]]\nspam\n\n[[ ## completed ## ]]';
    const usage = { inputTokens: 250, outputTokens: 12 };
    const answer = {
      text,
      finishReason: 'stop' as const,
      usage,
      costNanoUsd: 0,
      priceVersion: null,
      spentNanoUsd: 0,
      source: 'provider' as const,
      durationMs: 0,
      key: 'k',
      attempts: 1,
    };
    const gateway = { complete: async () => answer };
    const rounds: number[] = [];
    for (let round = 0; round < 7; round++) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < count; i++)
        await runModule(spec, { ticketText: `hello ${i}` }, { workspaceId, gateway, model: () => model });
      rounds.push(Number(process.hrtime.bigint() - start) / count / 1000);
    }
    return Math.min(...rounds);
  },
  // Examples per second at 256 at a time, every call over HTTP.
  evaluate: async () => {
    const gateway = realGateway();
    const score = scoreFunction({ kind: 'exact_match', output: 'queueLabel' });
    const examples = (prefix: string, size: number) =>
      Array.from({ length: size }, (_, n) => ({
        id: `${prefix}${n}`,
        inputs: { ticketText: `${prefix} ${n}` },
        labels: { queueLabel: 'spam' },
      }));
    const run = async ({ inputs }: { inputs: Record<string, never> }) => {
      const { outputs = {}, failure } = await runModule(spec, inputs, { workspaceId, gateway, model: () => model });
      if (failure !== undefined) throw new Error(failure.message);
      return { outputs, calls: 1, inputTokens: 250, outputTokens: 12, costNanoUsd: 0, spentNanoUsd: 0, latencyMs: 50 };
    };
    await evaluate({ examples: examples('warm', 256), concurrency: 256, score, run: run as never });
    const start = performance.now();
    const cpu = process.cpuUsage();
    const report = await evaluate({ examples: examples('e', count), concurrency: 256, score, run: run as never });
    // A failed example ends at once, so a rate with failures in it would be no rate.
    if (report.scored !== count || report.score !== 1)
      throw new Error(
        `wanted ${count} right answers, there was ${JSON.stringify({ scored: report.scored, score: report.score, failures: report.failures, one: report.results.find((one) => one.failure)?.failure })}`,
      );
    const { user, system } = process.cpuUsage(cpu);
    cpuUs = (user + system) / count;
    return count / ((performance.now() - start) / 1000);
  },
};
// Processor time of an example in that evaluation, in microseconds: what a slow model hides, and a fast one shows.
let cpuUs = 0;
cases.cpu = async () => {
  await cases.evaluate?.();
  return cpuUs;
};
// Peak memory of the whole process, in MB, after an evaluation.
cases.memory = async () => {
  await cases.evaluate?.();
  return process.resourceUsage().maxRSS / 1024;
};
console.log(JSON.stringify(await cases[name]?.()));
process.exit();
