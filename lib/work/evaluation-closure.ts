import { checksum } from '#lib/base/hash';
import type { Json, JsonObject } from '#lib/base/json';
import type { Example } from '#lib/dataset/example';
import type { Acting } from '#lib/kernel/kernel';
import { readsOutputs } from '#lib/metric/score';
import type { MetricSpec } from '#lib/metric/spec';
import type { ModuleSpec } from '#lib/module/spec';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { PlanStep } from '#lib/program/plan';
import { neededNodes, plansIn, stepsIn } from '#lib/program/prune';
import { modelNamed } from '#lib/resources/language-model/named';
import { identity, identityOf } from './model-identity.ts';
import type { Models } from './models.ts';

/** What an outcome depends on besides its example. */
export interface Closure {
  /** The same for two measurements whose outcomes must agree; null when a step reaches outside, where things change unseen. */
  checksum: string | null;
}

interface Measured {
  configured: ConfiguredProgram;
  models: Models;
  metric: MetricSpec;
  implementation: 'native' | 'python' | null;
}

/**
 * The nodes that the metric reads and all they need, under one assignment; their modules, models and inner programs; and
 * the metric itself with its judges' models. A change anywhere else in the program leaves the checksum as it is.
 */
export async function closureOf(
  { configured, models, metric, implementation }: Measured,
  loadProgram: (name: string, alias: string | undefined) => Promise<ConfiguredProgram>,
  acting: Acting,
): Promise<Closure> {
  const parts: unknown[] = [metric, implementation];
  let repeatable = true;
  const add = async (
    { plan, modules, lms }: ConfiguredProgram,
    outputs: readonly string[] | undefined,
    deep: number,
  ) => {
    const needed = neededNodes(plan, outputs);
    parts.push(plan.outputs.filter(({ name }) => outputs === undefined || outputs.includes(name)));
    for (const step of stepsIn(plan)) {
      if (!needed.has(step.id)) continue;
      parts.push(alone(step));
      for (const one of [
        step,
        ...step.fallback,
        ...step.fallback.flatMap((other) => plansIn(other).flatMap(stepsIn)),
      ]) {
        if (OUTSIDE.has(one.kind)) repeatable = false;
        const spec = one.kind === 'module' ? modules[one.id] : undefined;
        if (spec !== undefined) {
          if (spec.tools?.some(({ kind }) => kind !== 'builtin' && kind !== 'corpus')) repeatable = false;
          parts.push(spec, ...modelNames(spec, lms).map((name) => identityOf(models, name, lms[name ?? 'default'])));
        }
        if (one.kind === 'program' && deep < MAX_DEEP)
          await add(await loadProgram(one.program, one.alias), undefined, deep + 1);
      }
    }
  };
  try {
    await add(configured, readsOutputs(metric), 0);
    for (const name of judgesOf(metric)) parts.push(identity(await modelNamed(name, acting)));
  } catch {
    // A model or an inner program that is not there: every example will say so.
    repeatable = false;
  }
  return { checksum: repeatable ? checksum(JSON.parse(JSON.stringify(parts))) : null };
}

/** Names an outcome by everything it depends on; null where that cannot be told. */
export function fingerprintOf({ checksum: program }: Closure, example: Example, sample: number): string | null {
  return program === null ? null : checksum([program, example.inputs, example.labels, sample]);
}

const MAX_DEEP = 8;
const OUTSIDE: ReadonlySet<PlanStep['kind']> = new Set(['effect', 'action', 'transaction', 'approval'] as const);

/** A step without what stands inside it, which is judged by itself, and without what only a reader sees. */
function alone(step: PlanStep): JsonObject {
  const { title: _, plan, branches, otherwise, arms, ...own } = JSON.parse(JSON.stringify(step)) as JsonObject;
  const inside = plansIn(step).map(({ result }) => result);
  return {
    ...own,
    inside,
    ...(arms === undefined ? {} : { arms: (arms as JsonObject[]).map(({ when }) => when as Json) }),
  };
}

/** An adopted program may ask any of the program's models. */
function modelNames(spec: ModuleSpec, lms: ConfiguredProgram['lms']): (string | undefined)[] {
  if (spec.type === 'retrieve') return [];
  if (spec.adopted !== undefined) return Object.keys(lms);
  return [...new Set([spec.lm, ...Object.values(spec.predictors ?? {}).flatMap(({ lm }) => lm ?? [])])];
}

function judgesOf(metric: MetricSpec): string[] {
  if (metric.kind === 'composite') return [...new Set(metric.parts.flatMap((part) => judgesOf(part.metric)))];
  return 'lm' in metric && metric.lm !== undefined ? [metric.lm] : [];
}
