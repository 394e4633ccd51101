import { seededRandom } from '#lib/base/random';
import { materialize } from '#lib/variable/candidates';
import type { Dimension } from '#lib/variable/dimensions';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { maxDemosOf } from '../demos/labeled.ts';
import { demoPlaces } from '../demos/places.ts';
import { type TextPlace, textPlaces } from '../propose/places.ts';
import { grown, type Proposals } from '../propose/space.ts';
import type { GenerationDraft, Tape } from '../script.ts';
import type { DemoSource, ExampleOutcome, Trial } from '../spec.ts';
import type { SimbaConfig } from './config.ts';
import { type Effects, measuredEffects, mutated } from './effects.ts';
import { type Candidate, type Ledger, percentile, poisson, type Run, softmaxPlace, topPlaces } from './pool.ts';
import { contrastDraft, taught } from './rules.ts';

/** Everything a step makes its new programs of. */
export interface Workshop {
  tape: Tape;
  config: SimbaConfig;
  dimensions: readonly Dimension[];
  settings: readonly Dimension[];
  pool: readonly Candidate[];
  ledger: Ledger;
  /** Texts and demo sets made so far; new ones are added. */
  proposals: Proposals;
  base: Assignment;
  startSpace: Space;
  step: number;
  /** The step's runs by example, and where to find what they did. */
  runs: readonly Run[];
  trials: ReadonlyMap<string, Trial>;
}

type Made = Candidate & { origin: string };

interface Plan {
  candidate: Candidate;
  origin: string;
  lesson: GenerationDraft | null;
}

/** New programs: each of a program of the pool, by demos, rules and changed settings. */
export async function newCandidates(shop: Workshop): Promise<Made[]> {
  const { tape, config } = shop;
  const wanted = config.num_candidates + 1;
  const plans: Plan[] = [];
  const buckets = bucketsOf(shop);
  const effects = measuredEffects(shop.dimensions, shop.ledger);
  const values = shop.runs.map(({ value }) => value);
  const limits = { low: percentile(values, 0.1), high: percentile(values, 0.9) };
  for (const [index, bucket] of buckets.entries()) {
    if (plans.length >= wanted) break;
    plans.push(planned(shop, bucket, index, limits, effects));
  }
  const lessons = plans.flatMap(({ lesson }) => (lesson === null ? [] : [lesson]));
  const answers = await tape.generate(lessons);
  const made: Made[] = [];
  for (const [number, plan] of plans.entries()) {
    const at = plan.lesson === null ? -1 : lessons.indexOf(plan.lesson);
    const learned = plan.lesson === null ? plan.candidate : learnedFrom(shop, plan, answers[at]?.text, number);
    if (learned !== null) made.push({ ...learned, origin: plan.origin });
  }
  return made;
}

/** Runs of each example, best first; examples by how far the best is from the worst, as in DSPy. */
function bucketsOf({ runs, ledger }: Workshop): Run[][] {
  const byExample = new Map<string, Run[]>();
  for (const run of runs) byExample.set(run.exampleId, [...(byExample.get(run.exampleId) ?? []), run]);
  return Array.from(byExample.values(), (bucket) => {
    // Among equals, the run of the program that does well on other examples too.
    const sorted = [...bucket].sort((a, b) => b.value - a.value || ledger.worth(b.place) - ledger.worth(a.place));
    const [max, min] = [sorted[0]?.value ?? 0, sorted.at(-1)?.value ?? 0];
    const mean = sorted.reduce((sum, { value }) => sum + value, 0) / sorted.length;
    return { sorted, keys: [max - min, max, max - mean] };
  })
    .sort((a, b) => b.keys.reduce((order, key, at) => order || key - (a.keys[at] ?? 0), 0))
    .map(({ sorted }) => sorted);
}

function planned(
  shop: Workshop,
  bucket: Run[],
  index: number,
  limits: { low: number; high: number },
  effects: Effects,
): Plan {
  const { tape, config, pool, ledger, step, settings, dimensions } = shop;
  const random = seededRandom(`${tape.history.seed}/simba/${step}/candidate/${index}`);
  const places = topPlaces(pool.length, ledger, config.num_candidates);
  const source = pool[softmaxPlace(places, ledger, config.temperature_for_candidates, random)] as Candidate;
  let candidate = withFewerDemos(shop, source, index, random);
  const texts = textPlaces(tape.history).filter(({ variable }) => Object.hasOwn(shop.base, variable.name));
  const moves: string[] = [];
  if (config.moves.bootstrap && config.max_demos > 0 && Object.keys(source.demos).length > 0) moves.push('demo');
  if (config.rules && texts.length > 0) moves.push('rule');
  const move = moves.length === 0 ? 'none' : random.pick(moves);
  const origins: string[] = [];
  if (config.moves.mutate && settings.length > 0 && (move === 'none' || random.next() < 0.6)) {
    const changed = mutated(dimensions, settings, candidate.assignment, effects, random);
    if (changed !== null) {
      candidate = { ...candidate, assignment: changed };
      origins.push('mutated');
    }
  }
  const [good, bad] = [bucket[0], bucket.at(-1)];
  if (good === undefined || bad === undefined || good.value <= limits.low) return plan(candidate, origins);
  if (move === 'demo') {
    candidate = withDemo(shop, candidate, good, index);
    return plan(candidate, ['demo', ...origins]);
  }
  if (move !== 'rule' || bad.value >= limits.high || good.value <= bad.value) return plan(candidate, origins);
  const example = tape.history.examples.train.find(({ id }) => id === good.exampleId);
  const [better, worse] = [outcomeOf(shop, good), outcomeOf(shop, bad)];
  if (example === undefined || better === undefined || worse === undefined) return plan(candidate, origins);
  const lesson = contrastDraft(tape.history.program, example, better, worse, random.integer(0, 1_000_000_000));
  return plan(candidate, ['rule', ...origins], lesson);
}

const plan = (candidate: Candidate, origins: string[], lesson: GenerationDraft | null = null): Plan => ({
  candidate,
  origin: origins.length === 0 ? 'copy' : origins.join('+'),
  lesson,
});

const outcomeOf = ({ trials }: Workshop, { trial, exampleId }: Run): ExampleOutcome | undefined =>
  trials.get(trial)?.outcomes.find((outcome) => outcome.exampleId === exampleId);

/** Demos are forgotten at random, as in DSPy: more of them the more there are, one at least from a full set. */
function withFewerDemos(
  shop: Workshop,
  source: Candidate,
  index: number,
  random: ReturnType<typeof seededRandom>,
): Candidate {
  const most = Math.max(0, ...Object.values(source.demos).map((demos) => demos.length));
  const limit = shop.config.max_demos > 0 ? shop.config.max_demos : 3;
  const count = Math.min(most, Math.max(poisson(most / limit, random), most >= limit ? 1 : 0));
  if (count === 0) return source;
  const dropped = new Set(Array.from({ length: count }, () => random.integer(0, most - 1)));
  const kept = (demos: DemoSource[]): DemoSource[] => demos.filter((_, at) => !dropped.has(at));
  return withDemoSources(shop, source, (_name, demos) => kept(demos), index);
}

function withDemo(shop: Workshop, source: Candidate, { trial, exampleId }: Run, index: number): Candidate {
  const limits = new Map(demoPlaces(shop.tape.history).map(({ variable }) => [variable.name, maxDemosOf(variable)]));
  const add = (name: string, demos: DemoSource[]): DemoSource[] =>
    demos.some((demo) => 'exampleId' in demo && demo.exampleId === exampleId)
      ? demos
      : [...demos, { trial, exampleId }].slice(-Math.max(0, limits.get(name) ?? Number.POSITIVE_INFINITY));
  return withDemoSources(shop, source, add, index);
}

function withDemoSources(
  { proposals, step }: Workshop,
  source: Candidate,
  change: (name: string, demos: DemoSource[]) => DemoSource[],
  index: number,
): Candidate {
  const [assignment, demos] = [{ ...source.assignment }, { ...source.demos }];
  for (const [name, own] of Object.entries(source.demos)) {
    const sources = change(name, own);
    if (sources === own || !Object.hasOwn(assignment, name)) continue;
    const known = proposals[name] ?? {};
    const id = `s${step}_${index}_${Object.keys(known).length}`;
    proposals[name] = { ...known, [id]: { demos: sources } };
    assignment[name] = { candidate: id };
    demos[name] = sources;
  }
  return { assignment, demos };
}

/** The program with the lesson in its instructions; null when the teacher gave none and nothing else is new. */
function learnedFrom(
  shop: Workshop,
  { candidate, lesson, origin }: Plan,
  answer: string | null | undefined,
  number: number,
): Candidate | null {
  const { tape, proposals, step } = shop;
  const places = textPlaces(tape.history).filter(({ variable }) => Object.hasOwn(candidate.assignment, variable.name));
  const values = materialize(grown(tape.history, shop.startSpace, proposals), candidate.assignment);
  const current = ({ variable, current }: TextPlace): string => {
    const value = values[variable.name];
    return typeof value === 'string' ? value : current;
  };
  const texts = lesson === null ? null : taught(lesson, answer, places, current);
  if (texts === null) return origin === 'rule' ? null : candidate;
  const assignment = { ...candidate.assignment };
  for (const [name, text] of texts) {
    const id = `s${step}_r${number}`;
    proposals[name] = { ...proposals[name], [id]: { text } };
    assignment[name] = { candidate: id };
  }
  return { ...candidate, assignment };
}
