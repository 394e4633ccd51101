import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#lib/base/random';
import { must, send, Unanswered } from './api.ts';

export const METRIC = { kind: 'exact_match', output: 'label' };
export const EVALUATED = 24;

/** What the supervisor knows because the server said so, and what it asked for without hearing the end. */
export interface Known {
  /** By name: the description acknowledged last, and the one that was asked for and not answered. */
  datasets: Map<string, { acknowledged: string; open: string | null }>;
  /** By name: rows asked for; acknowledged or not. */
  imports: Map<string, { rows: number; acknowledged: boolean }>;
  executions: Map<string, string>;
  evaluations: Map<string, number>;
  optimizations: { id: string; seed: number }[];
  refused: string[];
}

export function nothingKnown(): Known {
  return {
    ...{ datasets: new Map(), imports: new Map(), executions: new Map(), evaluations: new Map() },
    ...{ optimizations: [], refused: [] },
  };
}

const parity = {
  graph: {
    name: 'parity',
    input: { text: 'str' },
    output: { label: 'nodes.decide.label' },
    nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    bindings: [
      { variable: 'temperature', to: ['nodes.*.lm.temperature'] },
      { variable: 'demos', to: ['nodes.decide.demos'] },
    ],
  },
  modules: { decider: { type: 'predict', signature: 'text -> label: Literal["odd", "even"]' } },
  variables: [
    { name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0.1 },
    { name: 'demos', type: { kind: 'demos', maxDemos: 4 }, default: [] },
  ],
};

const chain = (oracle: string) => ({
  graph: {
    name: 'chain',
    input: { tag: 'str' },
    output: { label: 'nodes.second.label' },
    nodes: [
      { id: 'first', kind: 'module', module: 'namer', inputs: { tag: 'input.tag' } },
      {
        id: 'note',
        kind: 'effect',
        http: { method: 'POST', url: `${oracle}/effects` },
        inputs: { tag: 'input.tag', word: 'nodes.first.word' },
      },
      {
        id: 'second',
        kind: 'module',
        module: 'labeller',
        inputs: { tag: 'input.tag', word: 'nodes.note.noted & nodes.first.word' },
      },
    ],
  },
  modules: {
    namer: { type: 'predict', signature: 'tag -> word' },
    labeller: { type: 'predict', signature: 'tag, word -> label' },
  },
});

/** Programs and examples that the work is about; once, before the first kill. */
export async function prepare(address: string, oracle: string): Promise<void> {
  await must(address, 'POST', 'programs', { body: { name: 'parity', source: parity } });
  await must(address, 'POST', 'programs', { body: { name: 'chain', source: chain(oracle) } });
  await must(address, 'POST', 'datasets', { body: { name: 'numbers' } });
  const rows = Array.from({ length: 60 }, (_, n) =>
    JSON.stringify({
      inputs: { text: `n${n}` },
      labels: { label: n % 2 === 1 ? 'odd' : 'even' },
      split: n < 12 ? 'train' : n < 12 + EVALUATED ? 'validation' : 'test',
    }),
  ).join('\n');
  await must(address, 'POST', 'datasets/numbers/import?format=jsonl', { rows });
}

export function optimizationOf(seed: number): unknown {
  const config = { trials: 5, startup: 3, bootstrap: { sets: 1, maxDemos: 2 } };
  const optimizer = { strategy: 'variable_search', config };
  return { dataset: 'numbers', metric: METRIC, seed, parallelism: 3, optimizer };
}

export interface Loading {
  address: string;
  known: Known;
  random: Random;
  round: number;
  /** How many may be asked for in all. */
  most: { executions: number; evaluations: number; optimizations: number };
}

/** Writes and starts work until the server does not answer any more. */
export async function load(loading: Loading): Promise<void> {
  const jobs = [editing, importing, running, evaluating, optimizing];
  await Promise.all(
    jobs.map(async (job) => {
      try {
        await job(loading);
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
      }
    }),
  );
}

async function editing({ address, known, round }: Loading): Promise<void> {
  for (let n = 0; ; n++) {
    const name = `d-${round}-${n}`;
    const path = `datasets/${name}`;
    const state = { acknowledged: '', open: '' as string | null };
    const { status, body, rev } = await send(address, 'POST', 'datasets', { body: { name, description: '' } });
    if (status !== 201) {
      known.refused.push(`create ${name}: ${status} ${JSON.stringify(body)}`);
      return;
    }
    known.datasets.set(name, state);
    let etag = rev;
    for (let edit = 1; edit <= 4; edit++) {
      state.open = `edit ${edit}`;
      const reply = await send(address, 'PATCH', path, { body: { description: state.open }, ifMatch: etag });
      if (reply.status !== 200) known.refused.push(`edit ${name}: ${reply.status} ${JSON.stringify(reply.body)}`);
      else state.acknowledged = state.open;
      state.open = null;
      etag = reply.rev;
    }
  }
}

async function importing({ address, known, random, round }: Loading): Promise<void> {
  for (let n = 0; ; n++) {
    const name = `i-${round}-${n}`;
    await send(address, 'POST', 'datasets', { body: { name } });
    const wanted = { rows: random.integer(1, 300), acknowledged: false };
    known.imports.set(name, wanted);
    const rows = Array.from({ length: wanted.rows }, (_, row) =>
      JSON.stringify({ inputs: { text: `${name} ${row}` }, labels: { label: 'even' } }),
    ).join('\n');
    const { status, body } = await send(address, 'POST', `datasets/${name}/import?format=jsonl`, { rows });
    if (status >= 300) known.refused.push(`import ${name}: ${status} ${JSON.stringify(body)}`);
    else wanted.acknowledged = true;
  }
}

async function running({ address, known, random, round, most }: Loading): Promise<void> {
  for (let n = 0; known.executions.size < most.executions; n++) {
    const tag = `t-${round}-${n}`;
    const { status, body } = await send(address, 'POST', 'programs/chain/run', { body: { input: { tag } } });
    if (status === 202) known.executions.set(idOf(body), tag);
    else known.refused.push(`run ${tag}: ${status} ${JSON.stringify(body)}`);
    await sleep(random.integer(5, 60));
  }
}

async function evaluating({ address, known, round, most }: Loading): Promise<void> {
  for (let n = 0; known.evaluations.size < most.evaluations; n++) {
    if (await busy(address, 'evaluations', [...known.evaluations.keys()].slice(-1))) {
      await sleep(50);
      continue;
    }
    // A temperature of its own, so that no answer comes from the cache.
    const temperature = Number((((round * 97 + n * 7) % 1000) / 1000 + 0.00001 * known.evaluations.size).toFixed(6));
    const body = {
      dataset: 'numbers',
      split: 'validation',
      metric: METRIC,
      concurrency: 4,
      variables: { temperature },
    };
    const reply = await send(address, 'POST', 'programs/parity/evaluate', { body: { version: 1, ...body } });
    if (reply.status === 202) known.evaluations.set(idOf(reply.body), temperature);
    else known.refused.push(`evaluate: ${reply.status} ${JSON.stringify(reply.body)}`);
  }
}

async function optimizing({ address, known, most }: Loading): Promise<void> {
  while (known.optimizations.length < most.optimizations) {
    const last = known.optimizations.at(-1);
    if (last !== undefined && (await busy(address, 'optimizations', [last.id]))) {
      await sleep(100);
      continue;
    }
    const seed = known.optimizations.length + 1;
    const body = { version: 1, ...(optimizationOf(seed) as object) };
    const reply = await send(address, 'POST', 'programs/parity/optimize', { body });
    if (reply.status === 202) known.optimizations.push({ id: idOf(reply.body), seed });
    else known.refused.push(`optimize: ${reply.status} ${JSON.stringify(reply.body)}`);
  }
}

async function busy(address: string, path: string, ids: string[]): Promise<boolean> {
  for (const id of ids) {
    const { body } = await send<{ state: string }>(address, 'GET', `${path}/${id}`);
    if (['queued', 'running', 'pending'].includes(body.state)) return true;
  }
  return false;
}

const idOf = (body: unknown): string => String((body as { id: string }).id);
