import { openLocalHome } from '#lib/local/home';
import type { Item } from '#lib/ports/store';
import { all, must, send } from './api.ts';
import { EVALUATED, type Known } from './load.ts';
import { type Oracle, parityLabel } from './oracle.ts';

/** What was wrong, by kind, in words; all empty is the guarantee. */
export type Findings = Record<
  'lost' | 'halfApplied' | 'unfinished' | 'failed' | 'miscounted' | 'ranAgain' | 'locked' | 'refused' | 'slowStart',
  string[]
>;

export function noFindings(): Findings {
  return {
    ...{ lost: [], halfApplied: [], unfinished: [], failed: [], miscounted: [] },
    ...{ ranAgain: [], locked: [], refused: [], slowStart: [] },
  };
}

interface Dataset {
  name: string;
  description: string;
  count: number;
}

/**
 * Every acknowledged write is there, and every unanswered one is there whole or not at all. After a kill: those of its
 * round, by name; at the end (`null`) all of them, as the lists show them.
 */
export async function checkWrites(
  address: string,
  known: Known,
  findings: Findings,
  round: number | null,
): Promise<void> {
  const listed = new Map<string, Dataset>();
  if (round === null) for (const dataset of await all<Dataset>(address, 'datasets')) listed.set(dataset.name, dataset);
  const find = async (name: string): Promise<Dataset | undefined> => {
    if (round === null) return listed.get(name);
    const { status, body } = await send<Dataset>(address, 'GET', `datasets/${name}`);
    return status === 200 ? body : undefined;
  };
  const concerns = (name: string): boolean => round === null || name.split('-')[1] === String(round);
  for (const [name, { acknowledged, open }] of known.datasets) {
    const found = concerns(name) ? await find(name) : null;
    if (found === null) continue;
    if (found === undefined) findings.lost.push(`dataset ${name}`);
    else if (found.description !== acknowledged && found.description !== open)
      findings.lost.push(`dataset ${name} says "${found.description}", acknowledged was "${acknowledged}"`);
  }
  for (const [name, { rows, acknowledged }] of known.imports) {
    if (!concerns(name)) continue;
    const there = (await find(name))?.count ?? 0;
    if (acknowledged && there !== rows) findings.lost.push(`import ${name}: ${there} of ${rows} rows`);
    if (there !== 0 && there !== rows) findings.halfApplied.push(`import ${name}: ${there} of ${rows} rows`);
  }
}

export interface Step {
  path: string;
  status: string;
  endedAt: number;
  output: unknown;
}

export async function traceOf(address: string, id: string): Promise<Step[]> {
  return (await must<{ steps: Step[] }>(address, 'POST', `executions/${id}/trace`, { body: {} })).body.steps;
}

/** All work has ended, and every step, example and slice was counted once. */
export async function checkWork(
  address: string,
  known: Known,
  oracle: Oracle,
  findings: Findings,
): Promise<{ calls: number; distinct: number; effects: number; distinctEffects: number }> {
  const sums = { calls: 0, distinct: 0, effects: 0, distinctEffects: 0 };
  for (const [key, count] of oracle.calls) {
    const effect = key.endsWith('/note');
    sums[effect ? 'effects' : 'calls'] += count;
    sums[effect ? 'distinctEffects' : 'distinct'] += 1;
  }
  type Execution = { id: string; state: string; failure: unknown; input: { tag: string }; output: { label: string } };
  for (const execution of await all<Execution>(address, 'executions')) {
    const { id, state, input } = execution;
    if (state !== 'completed') {
      findings[state === 'failed' ? 'failed' : 'unfinished'].push(
        `${id} ${state} ${JSON.stringify(execution.failure)}`,
      );
      continue;
    }
    const wanted = `${input.tag}:${input.tag}/noteword-of-${input.tag}`;
    if (execution.output.label !== wanted) findings.miscounted.push(`${id}: ${execution.output.label}, not ${wanted}`);
    const succeeded = (await traceOf(address, id)).filter(({ status }) => status === 'succeeded');
    const paths = succeeded.map(({ path }) => path).join();
    if (paths !== 'first,note,second') findings.miscounted.push(`${id}: steps ${paths}`);
    const keys = oracle.effectKeys.get(`${input.tag}/note`)?.size ?? 0;
    if (keys !== 1) findings.miscounted.push(`${id}: its effect was named by ${keys} idempotency keys`);
    for (const step of ['first', 'second'])
      if (!oracle.calls.has(`${input.tag}/${step}`)) findings.miscounted.push(`${id}: ${step} was never called`);
  }
  for (const [id, tag] of known.executions)
    if (!(await exists(address, `executions/${id}`))) findings.lost.push(`execution ${id} of ${tag}`);
  await checkEvaluations(address, known, findings);
  await checkOptimizations(address, known, findings);
  return sums;
}

async function checkEvaluations(address: string, known: Known, findings: Findings): Promise<void> {
  type Report = { examples: number; scored: number; failed: number; score: number };
  type Evaluation = {
    id: string;
    state: string;
    failure: string | null;
    split: string;
    variables: { temperature?: number; demos?: unknown[] };
    report: Report;
    optimizationId: string | null;
  };
  const found = await all<Evaluation>(address, 'evaluations');
  for (const { id, state, failure, report, variables, optimizationId } of found) {
    if (state !== 'completed') {
      findings[state === 'failed' ? 'failed' : 'unfinished'].push(`${id} ${state} ${failure}`);
      continue;
    }
    const { body } = await must<{ items: { exampleId: string; score: number }[] }>(
      address,
      'POST',
      `evaluations/${id}/outcomes`,
      { body: { limit: 1000 } },
    );
    const distinct = new Set(body.items.map(({ exampleId }) => exampleId)).size;
    const sum = body.items.reduce((total, { score }) => total + score, 0);
    if (distinct !== EVALUATED || body.items.length !== EVALUATED || report.scored !== EVALUATED)
      findings.miscounted.push(`${id}: ${report.scored} scored, ${body.items.length} outcomes of ${distinct} examples`);
    if (Math.abs(sum / EVALUATED - report.score) > 1e-9)
      findings.miscounted.push(`${id}: score ${report.score}, outcomes say ${sum / EVALUATED}`);
    if (optimizationId !== null) continue;
    const wanted = scoreOf(12, variables.temperature ?? 0.1, (variables.demos ?? []).length > 0);
    if (Math.abs(wanted - report.score) > 1e-9)
      findings.miscounted.push(`${id}: score ${report.score}, the journal says ${wanted}`);
  }
  for (const id of known.evaluations.keys())
    if (!found.some((one) => one.id === id)) findings.lost.push(`evaluation ${id}`);
}

/** Of 24 numbers beginning with `first`, by the oracle's own rule. */
export function scoreOf(first: number, temperature: number, demos: boolean): number {
  let right = 0;
  for (let n = first; n < first + EVALUATED; n++)
    if (parityLabel(n, temperature, demos) === (n % 2 === 1 ? 'odd' : 'even')) right += 1;
  return right / EVALUATED;
}

export interface TrialShown {
  number: number;
  state: string;
  assignment: { temperature?: number; demos?: unknown };
  quality: number | null;
  examples: number;
  slices: number;
  closedSlices: number;
}

export interface Shown {
  id: string;
  state: string;
  failure: string | null;
  seed: number;
  result: { winner: string; assignment: unknown; baseline: { score: number }; optimized: { score: number } } | null;
}

export async function trialsOf(address: string, id: string): Promise<TrialShown[]> {
  const trials = await all<TrialShown>(address, `trials?optimizationId=${id}`);
  return trials.sort((a, b) => a.number - b.number);
}

async function checkOptimizations(address: string, known: Known, findings: Findings): Promise<void> {
  const found = await all<Shown>(address, 'optimizations');
  for (const { id, state, failure, result } of found) {
    if (state !== 'completed' || result === null) {
      findings[state === 'failed' ? 'failed' : 'unfinished'].push(`${id} ${state} ${failure}`);
      continue;
    }
    for (const trial of await trialsOf(address, id)) {
      const { number, slices, closedSlices } = trial;
      if (trial.state !== 'completed' || slices !== closedSlices)
        findings.miscounted.push(`${id} t${number}: ${trial.state}, ${closedSlices} of ${slices} slices`);
    }
    const { body } = await must<{ items: { version: number; lineage?: unknown }[] }>(
      address,
      'GET',
      `programs/parity/versions?limit=100`,
    );
    if (body.items.length !== 1 + found.filter((one) => one.result !== null).length)
      findings.miscounted.push(`parity has ${body.items.length} versions for ${found.length} optimizations`);
  }
  for (const { id } of known.optimizations)
    if (!found.some((one) => one.id === id)) findings.lost.push(`optimization ${id}`);
  const { body } = await must<{ optimizationId: string | null }>(address, 'GET', 'programs/parity');
  if (body.optimizationId !== null) findings.locked.push(`parity is still locked by ${body.optimizationId}`);
}

async function exists(address: string, path: string): Promise<boolean> {
  return (await must(address, 'GET', path).catch(() => null)) !== null;
}

/** The folder itself, when nobody has it: each revision of each record has its event, and its name leads to it. */
export async function checkFolder(dataDir: string, findings: Findings): Promise<{ records: number; events: number }> {
  const home = await openLocalHome(dataDir);
  const { items } = await everything(dataDir);
  const heads = items.filter(({ sk, data }) => sk === 'HEAD' && typeof data.rev === 'number');
  const events = Map.groupBy(
    items.filter(({ sk }) => sk.startsWith('EV#')),
    ({ pk }) => pk,
  );
  let count = 0;
  for (const head of heads) {
    // Calls that change another part of a record than its head leave events without a revision.
    const revisions = (events.get(head.pk) ?? [])
      .flatMap(({ data }) => (typeof data.rev === 'number' ? [data.rev] : []))
      .sort((a, b) => a - b);
    count += revisions.length;
    const wanted = Array.from({ length: Number(head.data.rev) }, (_, n) => n + 1);
    if (revisions.join() !== wanted.join())
      findings.halfApplied.push(`${head.pk} has revision ${head.data.rev} and events of ${revisions.join()}`);
  }
  for (const [queue, dead] of [
    ['execution', await home.queue.deadLetters('execution', 100)],
    ['job', await home.queue.deadLetters('job', 100)],
    ['tick', await home.queue.deadLetters('tick', 100)],
    ['slice', await home.queue.deadLetters('slice', 100)],
  ] as const)
    for (const { body } of dead) findings.failed.push(`dead letter in ${queue}: ${body}`);
  await home.close();
  return { records: heads.length, events: count };
}

/** Every item in the folder; the store itself has no such question, so the file is asked. */
async function everything(dataDir: string): Promise<{ items: Item[] }> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(`${dataDir}/data.db`, { readOnly: true });
  const rows = database.prepare('SELECT pk, sk, data FROM items').all();
  database.close();
  return {
    items: rows.map(({ pk, sk, data }) => ({ pk: String(pk), sk: String(sk), data: JSON.parse(String(data)) })),
  };
}
