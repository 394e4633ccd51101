import { InvalidInput } from '#lib/base/errors';
import { type Amounts, covers, times, unknownIn, within } from '#lib/lm/budget/amounts';
import { opening } from '#lib/lm/budget/ledger';
import type { ProgramVersionBody } from '#lib/program/program';
import type { RunBudget } from '../budget/amounts.ts';
import { capOf, ledgerPk } from '../budget/ledgers.ts';
import { type DatasetContent, loadExamples } from '../dataset/content.ts';
import type { Context } from '../define.ts';
import { type RunSize, sizeOfRun } from './sizes.ts';

/** The block of the ledger that only the final measurement takes from. */
export const MEASUREMENT = 'measurement';

export interface Planned {
  programId: string;
  version: number;
  datasetId: string;
  datasetVersion: number;
  limits: Partial<Record<'train' | 'validation' | 'test', number | undefined>>;
  budget?: RunBudget | null | undefined;
}

/** How many examples the search sees of each split, and on how many the end is measured. */
export interface Plan {
  train: number;
  validation: number;
  /** Of the test split, or of validation where there is none. */
  measured: number;
  size: RunSize;
  body: ProgramVersionBody;
}

// The longest of so many examples stands for all of them.
const LOOKED_AT = 200;

export async function planOf(request: Planned, ctx: Context): Promise<Plan> {
  const { programId, version, datasetId, datasetVersion, limits } = request;
  const { body } = await ctx.version<ProgramVersionBody>('Program', programId, version);
  const { body: content } = await ctx.version<DatasetContent>('Dataset', datasetId, datasetVersion);
  const examples = await loadExamples(ctx.services.blobs, ctx.workspaceId, content, { limit: LOOKED_AT });
  const lengths = examples.map(({ inputs }) => JSON.stringify(inputs).length);
  const longest = examples[lengths.indexOf(Math.max(...lengths))];
  const of = (split: 'train' | 'validation' | 'test') =>
    Math.min(content.splits[split], limits[split] ?? Number.POSITIVE_INFINITY);
  return {
    ...{ train: of('train'), validation: of('validation'), measured: of('test') || of('validation'), body },
    size: await sizeOfRun(body, longest?.inputs ?? {}, ctx),
  };
}

/**
 * Opens the ledger of an optimization together with its record, with what the final measurement takes at worst already
 * set aside. Throws InvalidInput `budget_too_small`, or `price_unknown`, before anything is begun. Gives that, and what a run is
 * likely to take.
 */
export async function opened(
  id: string,
  request: Planned,
  ctx: Context,
): Promise<{ setAside: Amounts | null; perRun: Amounts | null }> {
  const cap = capOf(request.budget ?? null);
  if (cap === null) return { setAside: null, perRun: null };
  const { size, measured } = await planOf(request, ctx);
  const block = times(size.most, 2 * measured);
  if (unknownIn(cap, size.most) === 'nanoUsd')
    throw new InvalidInput(
      'price_unknown',
      `a budget in money wants known prices; nobody knows that of ${[...new Set(size.unpriced)].join(', ')}: give the LanguageModel a priceOverride`,
      { problems: [{ pointer: '/budget/nanoUsd', detail: 'the price of a model is unknown' }] },
    );
  const setAside = within(cap, block);
  if (!covers(cap, setAside)) {
    const wanted = Object.entries(setAside).map(([name, amount]) => `${amount} ${name}`);
    throw new InvalidInput(
      'budget_too_small',
      `the budget does not cover the final measurement: baseline and winner on ${measured} examples each may take ${wanted.join(', ')}; raise it, or measure on fewer (limits.test)`,
      {
        problems: Object.entries(setAside).flatMap(([name, amount]) =>
          amount > (cap[name as keyof Amounts] ?? 0)
            ? [{ pointer: `/budget/${name}`, detail: `wanted at least ${amount}, got ${cap[name as keyof Amounts]}` }]
            : [],
        ),
      },
    );
  }
  for (const operation of opening(ledgerPk(ctx.workspaceId, id), cap, { id: MEASUREMENT, block: setAside }))
    ctx.also(operation);
  return { setAside, perRun: within(cap, size.likely) };
}
