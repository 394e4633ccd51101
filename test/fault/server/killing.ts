import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checksum } from '#lib/base/hash';
import { seededRandom } from '#lib/base/random';
import { send } from './api.ts';
import { checkFolder, checkWork, checkWrites, type Findings, noFindings, traceOf } from './check.ts';
import { type Known, type Loading, load, nothingKnown, prepare } from './load.ts';
import { type Oracle, startOracle } from './oracle.ts';
import { type ServerProcess, startServerProcess } from './process.ts';

export interface Killing {
  dir: string;
  kills: number;
  seed: string;
  most: Loading['most'];
  /** The server lives this long after it listens, milliseconds, drawn evenly. */
  life: { from: number; to: number };
  /** It must have ended everything by so many seconds after the last kill. */
  drainSeconds: number;
  progress?: (kill: number) => void;
}

export interface Outcome {
  findings: Findings;
  known: Known;
  amplification: { lm: number; effects: number };
  asked: { datasets: number; imports: number; executions: number; evaluations: number; optimizations: number };
  checked: { records: number; events: number; journaledSteps: number };
  readySeconds: { median: number; max: number };
}

/**
 * Kills the real server with SIGKILL, again and again at seeded moments, while clients write and work is under way. After
 * each restart: is everything acknowledged there? At the end: has everything ended, and been counted once?
 */
export async function killServers(options: Killing): Promise<Outcome & { oracle: Oracle; server: ServerProcess }> {
  const { dir, kills, seed, life } = options;
  const random = seededRandom(seed);
  const dataDir = join(dir, 'data');
  const oracle = await startOracle({
    file: join(dir, 'journal.jsonl'),
    delayMs: (key) => 5 + (Number.parseInt(checksum([seed, key]).slice(0, 4), 16) % 30),
  });
  const known = nothingKnown();
  const findings = noFindings();
  const ready: number[] = [];
  /** By step of a run that was journaled when a server died: how often it had reached the oracle then. */
  const settled = new Map<string, number>();
  const start = async () => {
    const server = await startServerProcess({ dataDir, model: oracle.address });
    ready.push(server.readySeconds);
    return server;
  };

  let server = await start();
  await prepare(server.address, oracle.address);
  for (let kill = 1; kill <= kills; kill++) {
    const loading = { address: server.address, known, random, round: kill, most: options.most };
    const loaded = load(loading);
    await Promise.race([sleep(random.integer(life.from, life.to)), loaded]);
    const killedAt = Date.now();
    await server.kill();
    await loaded;
    const reached = new Map(oracle.calls);
    appendFileSync(join(dir, 'journal.jsonl'), `${JSON.stringify({ killedAt, kill })}\n`);
    server = await start();
    if (server.readySeconds > 5)
      findings.slowStart.push(`kill ${kill}: ready after ${server.readySeconds.toFixed(1)} s`);
    await checkWrites(server.address, known, findings, kill);
    for (const [id, tag] of known.executions)
      for (const { path, status, endedAt } of settled.has(`${tag}/second`) ? [] : await traceOf(server.address, id))
        if (status === 'succeeded' && endedAt < killedAt)
          if (!settled.has(`${tag}/${path}`)) settled.set(`${tag}/${path}`, reached.get(`${tag}/${path}`) ?? 0);
    options.progress?.(kill);
  }

  await drained(server, options.drainSeconds);
  await checkWrites(server.address, known, findings, null);
  const sums = await checkWork(server.address, known, oracle, findings);
  for (const [key, count] of settled)
    if ((oracle.calls.get(key) ?? 0) !== count)
      findings.ranAgain.push(
        `${key} was journaled after ${count} calls and reached the oracle ${oracle.calls.get(key)} times`,
      );
  findings.refused.push(...known.refused);
  await server.kill();
  const folder = await checkFolder(dataDir, findings);
  server = await start();
  const sorted = ready.toSorted((a, b) => a - b);
  return {
    ...{ findings, known, oracle, server },
    amplification: { lm: sums.calls / sums.distinct, effects: sums.effects / Math.max(1, sums.distinctEffects) },
    asked: {
      datasets: known.datasets.size,
      imports: known.imports.size,
      executions: known.executions.size,
      evaluations: known.evaluations.size,
      optimizations: known.optimizations.length,
    },
    checked: { ...folder, journaledSteps: settled.size },
    readySeconds: { median: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 },
  };
}

/** Waits until nothing is unfinished, or long enough. */
async function drained({ address }: ServerProcess, seconds: number): Promise<void> {
  const states = {
    executions: ['pending', 'running'],
    evaluations: ['queued', 'running'],
    optimizations: ['queued', 'running'],
  };
  for (const until = Date.now() + seconds * 1000; Date.now() < until; await sleep(100)) {
    let open = 0;
    for (const [path, unfinished] of Object.entries(states))
      for (const state of unfinished) {
        const { body } = await send<{ items: unknown[] }>(address, 'GET', `${path}?state=${state}&limit=1`);
        open += body.items.length;
      }
    if (open === 0) return;
  }
}
