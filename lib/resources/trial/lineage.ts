import * as z from 'zod';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import type { Context } from '../define.ts';
import { valuesOf } from '../optimization/apply.ts';
import { nameOf, type TrialRow, trialRows } from '../optimization/report.ts';

const Change = z.object({
  variable: z.string(),
  from: z.json().optional(),
  to: z.json().optional(),
  /** Of texts: lines that went (`-`), came (`+`) and stayed (` `). */
  lines: z.array(z.string()).optional(),
});

/** From the trial itself back to where it began. */
export const Lineage = z.object({
  trials: z.array(
    z.object({
      trial: z.string(),
      origin: z.string(),
      quality: z.number().nullable(),
      examples: z.int(),
      parent: z.string().nullable(),
      changes: z.array(Change).meta({ description: 'Against its parent; without one, all it has.' }),
    }),
  ),
});

type Row = TrialRow & { origin: string; parent: string | null; candidates: JsonObject };

export async function lineageOf(
  of: { optimizationId: string; key: string },
  ctx: Pick<Context, 'list'>,
): Promise<z.input<typeof Lineage>> {
  const rows = new Map((await trialRows(of.optimizationId, ctx)).map((row) => [nameOf(row), row as Row]));
  const trials: z.input<typeof Lineage>['trials'] = [];
  const seen = new Set<string>();
  let row = rows.get(nameOf(of));
  while (row !== undefined && !seen.has(nameOf(row))) {
    seen.add(nameOf(row));
    const parent: Row | undefined = row.parent === null ? undefined : rows.get(row.parent);
    trials.push({
      ...{ trial: nameOf(row), origin: row.origin, quality: row.quality, examples: row.examples, parent: row.parent },
      changes: changesBetween(parent === undefined ? {} : valuesOf(parent), valuesOf(row)),
    });
    row = parent;
  }
  return { trials };
}

export function changesBetween(from: JsonObject, to: JsonObject): z.input<typeof Change>[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].sort().flatMap((variable) => {
    const [before, after] = [from[variable], to[variable]];
    if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return [];
    const texts = typeof before === 'string' && typeof after === 'string';
    return {
      variable,
      ...(before === undefined ? {} : { from: before }),
      ...(after === undefined ? {} : { to: after }),
      ...(texts ? { lines: lineDiff(before.split('\n'), after.split('\n')) } : {}),
    };
  });
}

const MOST_LINES = 400;

/** By the longest common subsequence; texts of too many lines are shown as all gone and all new. */
export function lineDiff(before: readonly string[], after: readonly string[]): string[] {
  const all = [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)];
  if (before.length > MOST_LINES || after.length > MOST_LINES) return all;
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(` ${before[i++]}`);
      j++;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${before[i++]}`);
    else lines.push(`+${after[j++]}`);
  }
  return lines;
}
