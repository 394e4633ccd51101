// node bench/evaluate/whole.ts [--rounds 5] [--write]: evaluation through everything a product run passes (evaluate,
// engine, module, adapter, gateway, provider) against a 50 ms model in a process of its own, beside node:http alone; and
// what one native module call costs us over a model that answers at once.
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { machine, spread } from '../measure.ts';
import { atOnce, overHttp, perSecond, startModel } from './harness.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
});
const rounds = Number(options.rounds);
const LATENCY_MS = 50;
const CONCURRENCY = 256;
const EXAMPLES = CONCURRENCY * 40;

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

const model = await startModel(LATENCY_MS);
try {
  const { endpoint } = model;
  const served = overHttp(endpoint);
  const instant = atOnce();
  const ideal = (CONCURRENCY * 1000) / LATENCY_MS;
  await perSecond(served, CONCURRENCY * 8, CONCURRENCY);
  await perSecond(instant, 20_000, 64);
  const taken = { whole: [] as number[], wholeCpuUs: [] as number[], bare: [] as number[], bareCpuUs: [] as number[] };
  const callCpuUs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const whole = await perSecond(served, EXAMPLES, CONCURRENCY);
    taken.whole.push(whole.rate / ideal);
    taken.wholeCpuUs.push(whole.cpuUs);
    const bare = await bareHttp(endpoint, EXAMPLES);
    taken.bare.push(bare.rate / ideal);
    taken.bareCpuUs.push(bare.cpuUs);
    callCpuUs.push((await perSecond(instant, 20_000, 64)).cpuUs);
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
  model.process.kill();
}
