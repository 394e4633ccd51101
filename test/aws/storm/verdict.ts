import { QUEUE_NAMES } from '#lib/ports/queue';
import { ledgerOf } from '#lib/resources/budget/ledgers';
import { every } from '#lib/resources/every';
import { batches } from '#lib/resources/rows';
import { actingFor } from '#lib/work/home';
import { type SliceResult, sliceRows } from '#lib/work/optimization';
import { type Oracle, parityLabel } from '../../fault/server/oracle.ts';
import type { BareHouse } from './house.ts';
import { type NaiveSums, naiveKey } from './naive-counting.ts';
import { CALL, FIRST_TESTED, type Search } from './search.ts';

/** What was found wrong, in words; all empty is the guarantee. */
export interface Verdict {
  lost: string[];
  countedTwice: string[];
  wrongSums: string[];
  overspent: string[];
  stuck: string[];
  /** What there was to count, as the store and the model's own journal have it. */
  counted: {
    trials: number;
    slices: number;
    outcomes: number;
    rowsCalls: number;
    distinctCalls: number;
    providerCalls: number;
  };
}

interface Trial {
  id: string;
  number: number;
  state: string;
  assignment: { temperature: number };
  slices: number;
  closedSlices: number;
  quality: number;
  costNanoUsd: number;
  spent: { calls: number; nanoUsd: number };
}
interface Ended {
  state: string;
  failure: string | null;
  progress: { calls: number; trials: number; spentNanoUsd: number };
}

const SLICE = 25;

/**
 * Compares what is stored with what was asked for and with the journal of the model, which no worker can touch: every
 * trial on every example once, sums that are those of the rows, money that covers every call that was really made.
 */
export async function judge(house: BareHouse, id: string, search: Search, oracle: Oracle): Promise<Verdict> {
  const { aws, workspaceId } = house;
  const acting = actingFor(aws.work, { workspaceId, principal: 'system' });
  const { body: record } = await house.client.get<Ended & { id: string }>('optimizations', id);
  const trials = await Array.fromAsync(every<Trial>(acting, 'Trial', { filter: { optimizationId: id } }));
  const rows: { sk: string; result: SliceResult }[] = [];
  for await (const { sk, batch } of batches<SliceResult>(aws.services, sliceRows(workspaceId, id)))
    rows.push(...batch.map((result) => ({ sk, result })));
  const verdict = nothingFound();
  const { lost, countedTwice, wrongSums, stuck } = verdict;
  if (record.state !== 'completed') stuck.push(`the search is ${record.state}: ${record.failure}`);
  for (const queue of QUEUE_NAMES)
    for (const { body } of await aws.home.queue.deadLetters(queue, 10)) stuck.push(`dead letter in ${queue}: ${body}`);

  const slicesEach = Math.ceil(search.examples / SLICE);
  const byTrial = Map.groupBy(rows, ({ result }) => result.trial);
  for (let number = 0; number < search.trials; number++) {
    const trial = trials.find((one) => one.number === number);
    const own = byTrial.get(`t${number}`) ?? [];
    if (trial === undefined || trial.state !== 'completed')
      lost.push(`trial t${number} is ${trial?.state ?? 'absent'}`);
    else checkTrial(trial, own, search, verdict);
    const seen = own.flatMap(({ result }) => result.outcomes.map(({ exampleId }) => exampleId));
    const distinct = new Set(seen).size;
    if (distinct < search.examples) lost.push(`t${number}: ${search.examples - distinct} examples have no outcome`);
    if (seen.length > distinct) countedTwice.push(`t${number}: ${seen.length} outcomes of ${distinct} examples`);
    if (own.length !== slicesEach) wrongSums.push(`t${number}: ${own.length} rows of ${slicesEach} slices`);
  }
  const wanted = search.trials * search.examples;
  const rowsCalls = rows.reduce((sum, { result }) => sum + result.calls, 0);
  if (record.progress.calls !== rowsCalls || rowsCalls !== wanted)
    wrongSums.push(`calls: the search says ${record.progress.calls}, its rows ${rowsCalls}, asked were ${wanted}`);
  const inSearch = [...oracle.calls].filter(([key]) => Number(/^n(\d+)@/.exec(key)?.[1]) < FIRST_TESTED);
  await checkMoney(
    house,
    id,
    rows.map(({ result }) => result),
    [...oracle.calls.values()],
    inSearch.length,
    verdict,
  );
  verdict.counted = {
    ...{ trials: trials.length, slices: rows.length, rowsCalls },
    outcomes: rows.reduce((sum, { result }) => sum + result.outcomes.length, 0),
    distinctCalls: inSearch.length,
    providerCalls: inSearch.reduce((sum, [, count]) => sum + count, 0),
  };
  return verdict;
}

/** The trial's own figures against its rows, and its rows against the rule by which the model answers. */
function checkTrial(trial: Trial, own: { result: SliceResult }[], { examples }: Search, verdict: Verdict): void {
  const { number, slices, closedSlices, quality, spent, assignment } = trial;
  const say = (what: string): number => verdict.wrongSums.push(`t${number}: ${what}`);
  if (closedSlices > slices) verdict.countedTwice.push(`t${number}: ${closedSlices} of ${slices} slices counted`);
  if (closedSlices < slices) verdict.lost.push(`t${number}: ${closedSlices} of ${slices} slices counted`);
  const outcomes = own.flatMap(({ result }) => result.outcomes);
  const scored = outcomes.reduce((sum, { score }) => sum + (score ?? 0), 0);
  if (Math.abs(scored / examples - quality) > 1e-9) say(`quality ${quality}, its outcomes say ${scored / examples}`);
  let right = 0;
  for (let n = 0; n < examples; n++)
    if (parityLabel(n, assignment.temperature, false) === (n % 2 === 1 ? 'odd' : 'even')) right += 1;
  if (right !== scored) say(`${scored} right, the model's rule says ${right}`);
  const paid = own.reduce((sum, { result }) => sum + (result.spentNanoUsd ?? 0), 0);
  if (spent.nanoUsd !== paid) say(`spent ${spent.nanoUsd}, its rows say ${paid}`);
  const cost = outcomes.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
  if (cost !== examples * CALL.nanoUsd)
    say(`its examples cost ${cost}, ${examples} calls cost ${examples * CALL.nanoUsd}`);
}

/** Every answer is paid once in the rows; the ledger covers every call the model saw, and holds together. */
async function checkMoney(
  { aws, workspaceId }: BareHouse,
  id: string,
  rows: readonly SliceResult[],
  seen: readonly number[],
  distinctCalls: number,
  { wrongSums, overspent }: Verdict,
): Promise<void> {
  const answers = new Map(rows.flatMap(({ answers = [] }) => answers.map((answer) => [answer[0], answer] as const)));
  const paid = [...answers.values()].reduce((sum, [, , , nanoUsd]) => sum + (nanoUsd ?? 0), 0);
  if (answers.size !== distinctCalls || paid !== distinctCalls * CALL.nanoUsd)
    wrongSums.push(`the rows paid ${paid} for ${answers.size} answers; ${distinctCalls} were given`);
  const state = await ledgerOf(aws.home.store, workspaceId, id).state();
  if (state === null) return void wrongSums.push('there is no ledger');
  const { cap, spent, reserved, left } = state;
  const made = seen.reduce((sum, count) => sum + count, 0);
  const of = { calls: made, tokens: made * CALL.tokens, nanoUsd: made * CALL.nanoUsd };
  for (const name of ['calls', 'tokens', 'nanoUsd'] as const) {
    const [all = 0, gone = 0, held = 0, rest = 0] = [cap[name], spent[name], reserved[name], left[name]];
    if (gone + held + rest !== all) wrongSums.push(`ledger: ${gone} + ${held} + ${rest} ${name} are not ${all}`);
    if (gone + held < of[name]) overspent.push(`ledger: ${gone + held} ${name} for calls that took ${of[name]}`);
  }
}

/** The sums of the control against the rows, which even it cannot double: their keys are the slices. */
export async function judgeNaively(house: BareHouse, id: string, search: Search): Promise<NaiveVerdict> {
  const item = await house.aws.home.store.get(naiveKey(id));
  const sums = (item?.data ?? {}) as unknown as NaiveSums;
  const slices = search.trials * Math.ceil(search.examples / SLICE);
  const examples = search.trials * search.examples;
  return {
    counted: sums,
    wanted: { slices, examples, calls: examples },
    miscountedSlices: sums.slices - slices,
    miscountedExamples: sums.examples - examples,
    miscountedCalls: sums.calls - examples,
  };
}

export interface NaiveVerdict {
  counted: NaiveSums;
  wanted: { slices: number; examples: number; calls: number };
  miscountedSlices: number;
  miscountedExamples: number;
  miscountedCalls: number;
}

function nothingFound(): Verdict {
  const counted = { trials: 0, slices: 0, outcomes: 0, rowsCalls: 0, distinctCalls: 0, providerCalls: 0 };
  return { lost: [], countedTwice: [], wrongSums: [], overspent: [], stuck: [], counted };
}
