import { canonicalJson } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import type { Assignment, Variable } from '#lib/variable/variable';
import { labeledDraws, labeledPool, maxDemosOf } from '../demos/labeled.ts';
import { demoPlaces } from '../demos/places.ts';
import type { Draft, Tape } from '../script.ts';
import type { DemoSource, ExampleSketch, History, Trial } from '../spec.ts';
import { firstNamed, type Proposals } from './space.ts';

export interface DemoSetOptions {
  /** The empty set included. */
  sets: number;
  maxBootstrapped: number;
  maxLabeled: number;
  /** A run passes with at least this score; without it, or with 0, with any score above 0. */
  threshold?: number | undefined;
  /** How often an example is run until it passes. */
  rounds: number;
  maxErrors: number;
  /** Run on the teacher's model. */
  teach: boolean;
}

export interface DemoSet {
  kind: 'zero-shot' | 'labeled' | 'bootstrapped';
  demos: Record<string, DemoSource[]>;
}

/** What the runs of the teacher on train examples have shown. */
interface Taught {
  /** By example: the trial of its first passing run. */
  passed: Map<string, string>;
  attempts: Map<string, number>;
  errors: number;
  lastError: string | null;
}

/**
 * The demo sets of DSPy's random search and MIPROv2, sizes and kinds as there: none, labelled ones, bootstrapped in the
 * order of the data, bootstrapped in random orders. No example is run twice for two sets, and none that a set built
 * alone would not have needed. `trouble` when too many runs failed.
 */
export async function bootstrapDemoSets(
  tape: Tape,
  base: Assignment,
  options: DemoSetOptions,
): Promise<{ sets: DemoSet[] } | { trouble: string }> {
  const { history } = tape;
  const places = demoPlaces(history).filter(({ variable }) => Object.hasOwn(base, variable.name));
  if (places.length === 0) return { sets: [] };
  const plans = plannedSets(history, options);
  const teacher = teacherOf(history, base, options);
  const from = tape.place();
  for (;;) {
    const taught = taughtBy(tape.settle().slice(from), options);
    if (taught.errors >= options.maxErrors)
      return { trouble: `${taught.errors} runs on train examples failed, the last one with: ${taught.lastError}` };
    const needed = new Set(plans.flatMap((plan) => next(plan, taught, options)));
    if (needed.size === 0) return { sets: different(plans.map((plan) => written(history, plan, taught, options))) };
    const examples = history.examples.train.filter(({ id }) => needed.has(id));
    for (const draft of teacher(examples, taught)) {
      const proposes = firstNamed(draft.assignment, teacher.proposals, tape.asked());
      await tape.trial(() => ({ ...draft, ...proposes }));
    }
  }
}

interface Plan {
  kind: DemoSet['kind'];
  index: number;
  order: ExampleSketch[];
  size: number;
}

function plannedSets(history: History, { sets, maxBootstrapped, maxLabeled }: DemoSetOptions): Plan[] {
  const { train } = history.examples;
  return Array.from({ length: sets }, (_, index): Plan => {
    if (index === 0) return { kind: 'zero-shot', index, order: [], size: 0 };
    if (index === 1 && maxLabeled > 0) return { kind: 'labeled', index, order: [], size: 0 };
    if (index === 2) return { kind: 'bootstrapped', index, order: train, size: maxBootstrapped };
    const random = seededRandom(`${history.seed}/demo-set/${index}`);
    return {
      kind: 'bootstrapped',
      index,
      order: random.shuffle(train),
      size: random.integer(Math.min(1, maxBootstrapped), maxBootstrapped),
    };
  });
}

/** Examples that this set needs to know next: so many as are certainly needed, whatever they show. */
function next({ order, size }: Plan, { passed, attempts }: Taught, { rounds }: DemoSetOptions): string[] {
  const found: string[] = [];
  let wanted = size;
  for (const { id } of order) {
    if (wanted === 0) break;
    if (passed.has(id)) wanted--;
    else if ((attempts.get(id) ?? 0) < rounds) {
      found.push(id);
      wanted--;
    }
  }
  return found;
}

function written(history: History, plan: Plan, { passed }: Taught, options: DemoSetOptions): DemoSet {
  const run = plan.order.filter(({ id }) => passed.has(id)).slice(0, plan.size);
  const random = seededRandom(`${history.seed}/demo-set/${plan.index}/labeled`);
  const labeled = new Map(
    plan.kind === 'labeled' ? labeledDraws(history, options.maxLabeled).map((draw) => [draw.variable, draw.drawn]) : [],
  );
  const demos: DemoSet['demos'] = {};
  for (const { variable, nodes } of demoPlaces(history)) {
    const most = maxDemosOf(variable);
    const own: DemoSource[] = run.map(({ id }) => ({ trial: passed.get(id) ?? '', exampleId: id }));
    const kept = own.slice(0, most);
    if (plan.kind === 'bootstrapped') {
      const used = new Set(run.map(({ id }) => id));
      const rest = history.examples.train.filter(({ id }) => !used.has(id));
      const room = Math.max(0, Math.min(options.maxLabeled, most) - kept.length);
      for (const { exampleId } of random.sample(labeledPool(rest, nodes), room)) kept.push({ labeled: exampleId });
    }
    for (const { exampleId } of labeledOf(labeled, variable)) kept.push({ labeled: exampleId });
    demos[variable.name] = kept;
  }
  return { kind: plan.kind, demos };
}

const labeledOf = (labeled: Map<Variable, { exampleId: string }[]>, variable: Variable): { exampleId: string }[] =>
  [...labeled].find(([{ name }]) => name === variable.name)?.[1] ?? [];

function different(sets: DemoSet[]): DemoSet[] {
  return [...new Map(sets.toReversed().map((set) => [canonicalJson(set.demos as never), set])).values()].toReversed();
}

/** The program with labelled demos, an example's own never among them, as the trials that run these examples. */
function teacherOf(history: History, base: Assignment, { maxLabeled, teach }: DemoSetOptions) {
  const draws = labeledDraws(history, maxLabeled).filter(({ variable }) => Object.hasOwn(base, variable.name));
  const shown = [...new Set(draws.flatMap(({ drawn }) => drawn.map(({ exampleId }) => exampleId)))];
  const proposals: Proposals = {};
  const name = (id: string): string => (shown.includes(id) ? `teacher${shown.indexOf(id)}` : 'teacher');
  for (const { variable, drawn } of draws) {
    const without = (own?: string): { demos: DemoSource[] } => ({
      demos: drawn.filter(({ exampleId }) => exampleId !== own).map(({ exampleId }) => ({ labeled: exampleId })),
    });
    proposals[variable.name] = { teacher: without() };
    for (const id of shown) Object.assign(proposals[variable.name] ?? {}, { [name(id)]: without(id) });
  }
  const trials = (examples: readonly ExampleSketch[], { attempts }: Taught): Draft[] => {
    const groups = new Map<string, { candidate: string; round: number; ids: string[] }>();
    for (const { id } of examples) {
      const [candidate, round] = [name(id), attempts.get(id) ?? 0];
      const key = `${candidate} ${round}`;
      const group = groups.get(key) ?? { candidate, round, ids: [] };
      group.ids.push(id);
      groups.set(key, group);
    }
    return Array.from(groups.values(), ({ candidate, round, ids }) => ({
      assignment: { ...base, ...Object.fromEntries(draws.map(({ variable }) => [variable.name, { candidate }])) },
      split: 'train' as const,
      exampleIds: ids,
      keepTraces: true,
      origin: 'bootstrap',
      ...(teach ? { teach } : {}),
      ...(round === 0 ? {} : { draw: { sample: round, temperature: 1 } }),
    }));
  };
  return Object.assign(trials, { proposals });
}

function taughtBy(trials: readonly Trial[], { threshold }: DemoSetOptions): Taught {
  const taught: Taught = { passed: new Map(), attempts: new Map(), errors: 0, lastError: null };
  for (const { id, work, outcomes, failure } of trials) {
    for (const exampleId of work.exampleIds) {
      taught.attempts.set(exampleId, (taught.attempts.get(exampleId) ?? 0) + 1);
      const outcome = outcomes.find((candidate) => candidate.exampleId === exampleId);
      const score = outcome?.score ?? null;
      if (score === null) {
        taught.errors++;
        taught.lastError = (outcome?.failure ?? failure)?.message ?? 'without a reason';
      } else if (threshold ? score >= threshold : score > 0) {
        if (!taught.passed.has(exampleId)) taught.passed.set(exampleId, id);
      }
    }
  }
  return taught;
}
