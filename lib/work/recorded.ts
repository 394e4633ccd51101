import { LRUCache } from 'lru-cache';
import { DspexError } from '#lib/base/errors';
import type { Acting } from '#lib/kernel/kernel';
import type { ExampleOutcome, History, Work } from '#lib/optimizer/spec';
import type { Store } from '#lib/ports/store';
import { every } from '#lib/resources/every';
import { batches, batchOf, type Rows, rowKey } from '#lib/resources/rows';
import type { Services } from '#lib/resources/services';
import { type GenerationRecord, generationsOf } from './generations.ts';

export type TrialWork = Extract<Work, { kind: 'trial' }>;

export interface TrialRecord {
  id: string;
  state: 'running' | 'completed' | 'failed';
  number: number;
  work: TrialWork;
  slices: number;
  closedSlices: number;
  failure: string | null;
}

/** An answer as a slice's row keeps it: key, calls, tokens, nano-USD. */
export type PaidAnswer = [key: string, calls: number, tokens: number, nanoUsd: number | null];

/** What a slice found out, as its row keeps it: the one place an outcome is counted from. */
export interface SliceResult {
  trial: string;
  outcomes: ExampleOutcome[];
  calls: number;
  cachedCalls: number;
  /** Modules that were not run, since the metric does not read them. Absent in rows of before they were counted. */
  unreadModules?: number;
  spentNanoUsd: number | null;
  tokens: number;
  /** Under a budget: what was paid for since the search began, so that each call counts once in the whole of it. */
  answers?: PaidAnswer[];
  /** A budget did not pay for all of it: `outcomes` is empty, and the search ends. */
  refused?: string;
}

/** What is written down about a search. Slices in the order of their keys. */
export interface Recorded {
  trials: TrialRecord[];
  generations: GenerationRecord[];
  slices: SliceResult[];
  /** How many trials from the first one on are over: with their slices they never change again. */
  settled: number;
  /** The history of trials before the settled ones, as `keep` was told it last. */
  folded: { history: History; trials: number } | null;
  /** Remembers the history of the settled trials. */
  keep(history: History): void;
}

/** What never changes again, as far as this process has seen it. */
interface Known {
  trials: TrialRecord[];
  generations: GenerationRecord[];
  /** By key; a row is written once. */
  rows: Map<string, SliceResult[]>;
  folded: Recorded['folded'];
}

// Searches that a process works on at the same time; another one is read as a whole again.
const MOST = 4;
const known = new WeakMap<Store, LRUCache<string, Known>>();

function memoryOf({ store }: Pick<Services, 'store'>): LRUCache<string, Known> {
  const own = known.get(store) ?? new LRUCache<string, Known>({ max: MOST });
  known.set(store, own);
  return own;
}

/**
 * Reads what is recorded about an optimization: all of it once, and from then on only what this process has not seen or
 * what may still change, so that a turn of a long search costs no more than one of a short search. Trials and questions
 * are numbered without gaps, so the next one is found by its name, where an index may lag behind.
 */
export async function recorded(services: Services, acting: Acting, id: string): Promise<Recorded> {
  const memory = memoryOf(services);
  const key = `${acting.workspaceId} ${id}`;
  const before = memory.get(key);
  // Trials before their slices: of one that is seen closed all slices are in.
  const trials =
    before === undefined ? await trialsOf(acting, id) : await more(acting, 'Trial', before.trials, id, 't');
  const rows =
    before === undefined ? await allRows(services, acting, id) : await newRows(services, acting, id, before, trials);
  const generations =
    before === undefined
      ? await generationsOf(acting, id)
      : await more(acting, 'Generation', before.generations, id, 'g');
  const settled = settledOf(trials);
  const now: Known = {
    trials: trials.slice(0, settled),
    generations: generations.slice(0, settledOf(generations)),
    rows,
    folded: before?.folded ?? null,
  };
  memory.set(key, now);
  return {
    ...{ trials, generations, settled, folded: now.folded },
    slices: [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, batch]) => batch),
    keep: (history) => {
      if ((now.folded?.trials ?? 0) < settled) now.folded = { history, trials: settled };
    },
  };
}

/** It is over: nobody takes its turns any more. */
export function forget(services: Pick<Services, 'store'>, workspaceId: string, id: string): void {
  memoryOf(services).delete(`${workspaceId} ${id}`);
}

type Numbered = { number: number; state: string };

/** How many from the first one on are there and over. */
function settledOf(records: readonly Numbered[]): number {
  const open = records.findIndex(({ number, state }, index) => state === 'running' || number !== index);
  return open < 0 ? records.length : open;
}

/** The records that are settled, and those behind them, one after the other until there is none. */
async function more<R extends Numbered>(
  acting: Acting,
  resource: string,
  before: readonly R[],
  id: string,
  letter: string,
): Promise<R[]> {
  const all = [...before];
  for (;;) {
    try {
      all.push(await acting.find<R>(resource, `${id}/${letter}${all.length}`));
    } catch (error) {
      if (DspexError.is(error) && error.status === 404) return all;
      throw error;
    }
  }
}

async function allRows(services: Services, { workspaceId }: Acting, id: string): Promise<Known['rows']> {
  const rows: Known['rows'] = new Map();
  for await (const { sk, batch } of batches<SliceResult>(services, sliceRows(workspaceId, id))) rows.set(sk, batch);
  return rows;
}

/** The rows that were known, and those of the trials that were not settled, as far as they are there. */
async function newRows(
  services: Services,
  { workspaceId }: Acting,
  id: string,
  before: Known,
  trials: readonly TrialRecord[],
): Promise<Known['rows']> {
  const rows = new Map(before.rows);
  const of = sliceRows(workspaceId, id);
  const wanted = trials
    .slice(before.trials.length)
    .flatMap(({ work, slices }) => Array.from({ length: slices }, (_, n) => `${work.id}/${n}`))
    .filter((sliceId) => !rows.has(sliceId));
  const found = await Promise.all(wanted.map((sliceId) => services.store.get(rowKey(of, sliceId))));
  for (const [index, sliceId] of wanted.entries()) {
    const item = found[index] ?? null;
    if (item !== null) rows.set(sliceId, await batchOf<SliceResult>(services, workspaceId, item));
  }
  return rows;
}

export function sliceRows(workspaceId: string, optimizationId: string): Rows {
  return { workspaceId, resource: 'Optimization', id: optimizationId, kind: 'slice' };
}

export async function trialsOf(acting: Acting, optimizationId: string): Promise<TrialRecord[]> {
  const trials = await Array.fromAsync(every<TrialRecord>(acting, 'Trial', { filter: { optimizationId } }));
  return trials.sort((a, b) => a.number - b.number);
}
