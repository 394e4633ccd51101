import { type Amounts, covers, DIMENSIONS, minus, plus, within } from '#lib/lm/budget/amounts';
import type { Answered } from '#lib/lm/budget/purse';
import { utilityOf } from '#lib/optimizer/utility';
import { ending } from '#lib/optimizer/winner';
import { capOf } from '#lib/resources/budget/ledgers';
import type { OptimizationRecord, PaidAnswer, SliceResult, Told, TrialWork } from './optimization.ts';
import { sumOf } from './wallet.ts';

// Of a SHA-256 in hexadecimal: enough that two calls of one search never share it.
const KEY_LETTERS = 20;

/** The answers that were made since the search began: by this slice, or by a worker before it that died. */
export function paidSince(answers: readonly Answered[], since: number): PaidAnswer[] {
  return answers
    .filter(({ madeAt }) => madeAt !== null && madeAt >= since)
    .map(({ key, took }) => [key.slice(0, KEY_LETTERS), took.calls ?? 1, took.tokens ?? 0, took.nanoUsd ?? null]);
}

/** Why the search ends though its strategy would go on; null while nothing speaks against it. */
export function stopOf(record: OptimizationRecord, { slices, generations }: Told, now: number): string | null {
  const refused =
    slices.find(({ refused }) => refused !== undefined)?.refused ??
    generations.find(({ refused }) => refused === true)?.failure;
  if (refused != null) return `the budget is used up: ${refused}`;
  const until = deadlineOf(record);
  return until !== null && now >= until ? `its ${record.budget?.seconds} seconds are over` : null;
}

/** When the time of its budget is over, in epoch milliseconds, as long as it is not paused. */
export function deadlineOf({ budget, activeMs, activeSince }: OptimizationRecord): number | null {
  if (budget?.seconds === undefined || activeSince === null) return null;
  return activeSince + budget.seconds * 1000 - activeMs;
}

/**
 * Why a trial is not begun: what it will take, by what trials have taken so far, is not there beside what is still running
 * and the final measurement. Trial k is decided from the trials up to k minus parallelism, and each call counts once by its
 * key, so a run that was killed and went on decides as one that was not. Null: it may begin.
 */
export function tooDear(record: OptimizationRecord, now: Told, work: TrialWork): string | null {
  const cap = capOf(record.budget);
  if (cap === null) return null;
  const number = Number(work.id.slice(1));
  const known = now.trials.filter(({ work: one }) => Number(one.id.slice(1)) <= number - record.parallelism);
  const ids = new Set(known.map(({ work: one }) => one.id));
  const rows = now.slices.filter(({ trial }) => ids.has(trial));
  const rate = rateOf(rows) ?? record.perRun;
  if (rate === null) return null;
  const asked = now.generations.filter(({ state }) => state !== 'running');
  const paid = asked.reduce<Amounts>(
    (sum, { tokens, costNanoUsd }) => plus(sum, { calls: 1, tokens, nanoUsd: costNanoUsd ?? 0 }),
    sumOf(rows.flatMap(({ answers = [] }) => answers.map(answered))),
  );
  const running = now.trials.filter(({ work: one }) => Number(one.id.slice(1)) < number && !ids.has(one.id));
  const examples = [...running.map(({ work: one }) => one), work].map((one) => fresh(now, one));
  const wanted = scaled(
    rate,
    examples.reduce((sum, count) => sum + count, 0),
  );
  const left = minus(minus(cap, within(cap, record.setAside ?? {})), within(cap, paid));
  if (covers(left, wanted)) return null;
  const short = DIMENSIONS.find((name) => left[name] !== undefined && (wanted[name] ?? 0) > left[name]);
  if (short === undefined) return null;
  const one = scaled(rate, examples.at(-1) ?? 0)[short];
  return `the budget does not cover another trial beside the final measurement: about ${one} ${short}, of which ${Math.max(0, left[short] ?? 0)} are left`;
}

const answered = ([key, calls, tokens, nanoUsd]: PaidAnswer): Answered => ({
  key,
  took: { calls, tokens, nanoUsd: nanoUsd ?? 0 },
  madeAt: null,
});

/** Examples a trial has to run itself. */
function fresh({ history }: Told, { exampleIds, continues, parent }: TrialWork): number {
  if (continues !== true) return exampleIds.length;
  const has = new Set(history.trials.find(({ id }) => id === parent)?.work.exampleIds);
  return exampleIds.filter((id) => !has.has(id)).length;
}

/** What an example takes in the dearest slice so far, answers from the cache included: the next may not find them there. */
function rateOf(rows: readonly SliceResult[]): Amounts | null {
  let rate = null as Amounts | null;
  for (const { outcomes, calls, tokens } of rows) {
    if (outcomes.length === 0) continue;
    const money = outcomes.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
    const own: Amounts = { calls, tokens, nanoUsd: money };
    for (const name of DIMENSIONS) {
      const each = (own[name] ?? 0) / outcomes.length;
      const most = Math.max(rate?.[name] ?? 0, each);
      rate = { ...rate, [name]: most };
    }
  }
  return rate;
}

const scaled = (rate: Amounts, factor: number): Amounts =>
  Object.fromEntries(DIMENSIONS.map((name) => [name, Math.ceil((rate[name] ?? 0) * factor)]));

/** The end of a search that was stopped: the best of what was measured in full. */
export function endingNow({ history }: Told, reason: string): { winner: string | null; reason: string } {
  const measured = history.trials.filter(({ state }) => state === 'completed');
  const baseline = measured.find(({ work }) => work.split === 'validation');
  return ending(measured, utilityOf(history, measured, baseline), reason);
}
