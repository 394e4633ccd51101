import { rfc3339 } from '#lib/base/clock';
import { Conflict } from '#lib/base/errors';
import type { Context } from '../define.ts';
import { every } from '../every.ts';
import type { Aliases } from './alias.ts';
import { type Gate, irrelevance, type Measurement } from './promotion-gate.ts';

interface Guarded {
  id: string;
  name: string;
  aliases: Aliases;
  promotionGates: readonly Gate[];
}

type PinnedGate = Gate & { datasetVersion: number };
type Ctx = Pick<Context, 'get' | 'list' | 'now'>;

/** Newest first, so this many are looked at before it is said that there is none. */
const MOST_LOOKED_AT = 1000;
const SHOWN = 5;
const DAY_MS = 24 * 3_600_000;

/** Evidence for one version under one gate: the newest measurement that says anything, and those that do not. */
interface Found {
  gate: PinnedGate;
  version: number;
  measured: Measurement | null;
  others: string[];
}

/**
 * May the alias point at that version? Gives the ids of the evaluations that say so, none when nothing guards the alias.
 * Throws Conflict `promotion_gated` that names what is wanted and what there is. The newest measurement decides: a
 * better one from before does not count.
 */
export async function evidenceFor(program: Guarded, version: number, alias: string, ctx: Ctx): Promise<string[]> {
  const gates = program.promotionGates.filter((gate) => gate.alias === alias);
  if (gates.length === 0) return [];
  const searched: Found[] = [];
  const baselines: (Found | null)[] = [];
  for (const gate of gates) {
    const pinned = await pinnedVersion(gate, ctx);
    searched.push({ gate: pinned, version, measured: null, others: [] });
    const against = gate.notWorseThan === null ? undefined : program.aliases[gate.notWorseThan]?.version;
    const compared = against !== undefined && against !== version;
    baselines.push(compared ? { gate: pinned, version: against, measured: null, others: [] } : null);
  }
  await search(program.id, [...searched, ...baselines.filter((one) => one !== null)], version, ctx);
  const problems = searched.flatMap((found, n) => problemOf(found, baselines[n] ?? null) ?? []);
  if (problems.length > 0) throw refused(program, version, alias, problems);
  return searched.flatMap(({ measured }) => measured?.id ?? []);
}

async function pinnedVersion(gate: Gate, ctx: Ctx): Promise<PinnedGate> {
  if (gate.datasetVersion !== null) return { ...gate, datasetVersion: gate.datasetVersion };
  const { latestVersion } = await ctx.get<{ latestVersion: number }>('Dataset', gate.datasetId);
  return { ...gate, datasetVersion: latestVersion };
}

/** Fills in what there is, in one pass over the program's evaluations. */
async function search(programId: string, wanted: readonly Found[], candidate: number, ctx: Ctx): Promise<void> {
  let looked = 0;
  for await (const measured of every<Measurement>(ctx, 'Evaluation', { filter: { programId }, order: 'newest' })) {
    for (const found of wanted) look(found, measured, candidate, ctx.now);
    if (++looked === MOST_LOOKED_AT || wanted.every((found) => found.measured !== null)) return;
  }
}

function look(found: Found, measured: Measurement, candidate: number, now: number): void {
  if (found.measured !== null || measured.version !== found.version) return;
  const { withinDays } = found.gate;
  // What serves already was measured when it was promoted.
  const oldest = withinDays === null || found.version !== candidate ? 0 : now - withinDays * DAY_MS;
  const why = irrelevance(measured, found.gate, oldest);
  if (why === null) found.measured = measured;
  else if (found.others.length < SHOWN) found.others.push(`${measured.id} ${why}`);
}

function problemOf({ gate, measured, others, version }: Found, baseline: Found | null): string | null {
  if (measured === null) return `${wantedOf(gate, version)}; there is ${others.join(', ') || 'none'}`;
  const { id, report } = measured;
  const score = report?.score ?? null;
  const there = `${id} has ${score ?? 'no score'}`;
  if (score === null || (gate.atLeast !== null && score < gate.atLeast))
    return `${wantedOf(gate, version)}; the newest, ${there}`;
  if (baseline === null) return null;
  const before = baseline.measured;
  if (before === null)
    return `${wantedOf(gate, baseline.version)}, to compare with (${gate.notWorseThan} points there); there is ${baseline.others.join(', ') || 'none'}`;
  const bar = before.report?.score ?? null;
  if (bar === null || score >= bar - gate.tolerance) return null;
  return `not worse than ${gate.notWorseThan} (version ${baseline.version}, ${before.id} has ${bar}); ${there}`;
}

function wantedOf(gate: PinnedGate, version: number): string {
  const { datasetId, datasetVersion, split, metric, atLeast, withinDays } = gate;
  return [
    `a completed evaluation of version ${version} on ${datasetId} version ${datasetVersion}`,
    `${split ?? 'all'} examples, by ${metric.kind}`,
    ...(atLeast === null ? [] : [`with ${atLeast} at least`]),
    ...(withinDays === null ? [] : [`not older than ${withinDays} days`]),
  ].join(', ');
}

function refused(program: Guarded, version: number, alias: string, problems: string[]): Conflict {
  return new Conflict(
    'promotion_gated',
    `alias "${alias}" of ${program.name} wants evidence for version ${version}: ${problems.join('; and ')}`,
    { problems: problems.map((detail) => ({ pointer: '/version', detail })), extra: { alias, version } },
  );
}

/** Aliases that a version may take by itself at that moment (milliseconds), should its evidence be good. */
export function automaticAliases(program: Guarded, version: number, at: number): string[] {
  const names = new Set(program.promotionGates.filter((gate) => gate.automatic).map((gate) => gate.alias));
  return [...names].filter((name) => {
    const alias = program.aliases[name];
    // Older versions were left for a reason; and what somebody decided after the measurement stands.
    return alias === undefined || (alias.version < version && alias.since < rfc3339(at));
  });
}
