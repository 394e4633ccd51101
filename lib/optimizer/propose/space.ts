import type { Demo } from '#lib/adapter/adapter';
import { canonicalJson, type Json } from '#lib/base/json';
import { candidateId, candidateNamed, candidatesOf } from '#lib/variable/candidates';
import type { Space } from '#lib/variable/space';
import type { Assignment, Variable } from '#lib/variable/variable';
import { labeledPool } from '../demos/labeled.ts';
import { demoPlaces } from '../demos/places.ts';
import { tracedDemos } from '../demos/pool.ts';
import type { Draft } from '../script.ts';
import type { DemoSource, History, ProgramSketch, Proposed } from '../spec.ts';
import { textPlaces } from './places.ts';

export type Proposals = Record<string, Record<string, Proposed>>;

/**
 * The space with everything the trials have brought in: what `{candidate: id}` in their assignments refers to. A text
 * variable without a default begins with the instruction its node has (`original`).
 */
export function proposedSpace(history: History): Space {
  let space = startSpace(history);
  for (const { work } of history.trials) if (work.proposes !== undefined) space = grown(history, space, work.proposes);
  return space;
}

/** The space before anything has been proposed. */
export function startSpace(history: History): Space {
  const candidates = { ...history.space.candidates };
  for (const { variable, current } of textPlaces(history)) {
    const { type, default: own } = variable;
    const bare = own === undefined && type.kind === 'text' && (type.candidates ?? []).length === 0;
    if (bare) candidates[variable.name] = { original: current, ...candidates[variable.name] };
  }
  return { ...history.space, candidates };
}

/** The space with these proposals written out. */
export function grown(history: History, space: Space, proposals: Proposals): Space {
  const candidates = { ...space.candidates };
  for (const [name, proposed] of Object.entries(proposals)) {
    const variable = space.variables.find((candidate) => candidate.name === name);
    if (variable === undefined) continue;
    const nodes = demoPlaces(history).find((place) => place.variable.name === name)?.nodes ?? [];
    for (const [id, content] of Object.entries(proposed)) {
      const value: Json =
        'text' in content
          ? content.text
          : content.demos.flatMap((source) => demoFrom(history, { ...space, candidates }, variable, nodes, source));
      candidates[name] = { ...candidates[name], [id]: value };
    }
  }
  return { ...space, candidates };
}

/** The assignment with each candidate under the first name its value has: equal contents are one assignment. */
export function withFirstNames(space: Space, assignment: Assignment): Assignment {
  const result = { ...assignment };
  for (const variable of space.variables) {
    const id = candidateId(assignment[variable.name]);
    const named = id === undefined ? undefined : candidateNamed(space, variable, id);
    if (named === undefined) continue;
    const text = canonicalJson(named.value);
    const first = candidatesOf(space, variable).find(({ value }) => canonicalJson(value) === text);
    if (first !== undefined) result[variable.name] = { candidate: first.id };
  }
  return result;
}

/** What these assignments name and no trial has brought in yet. */
export function firstNamed(assignment: Assignment, all: Proposals, asked: readonly Draft[]): Pick<Draft, 'proposes'> {
  const proposes: Proposals = {};
  for (const [name, value] of Object.entries(assignment)) {
    const id = candidateId(value);
    const content = id === undefined ? undefined : all[name]?.[id];
    if (id === undefined || content === undefined) continue;
    if (asked.some((work) => Object.hasOwn(work.proposes?.[name] ?? {}, id))) continue;
    proposes[name] = { [id]: content };
  }
  return Object.keys(proposes).length === 0 ? {} : { proposes };
}

function demoFrom(
  history: History,
  space: Space,
  variable: Variable,
  nodes: ProgramSketch['nodes'],
  source: DemoSource,
): Demo[] {
  if ('labeled' in source) {
    const examples = history.examples.train.filter(({ id }) => id === source.labeled);
    return labeledPool(examples, nodes).map(({ demo }) => demo);
  }
  if ('candidate' in source) {
    const value = candidateNamed(space, variable, source.candidate)?.value;
    const demo = Array.isArray(value) ? value[source.index] : undefined;
    return demo === undefined ? [] : [demo as Demo];
  }
  const trial = history.trials.find(({ id }) => id === source.trial);
  const outcome = trial?.outcomes.find(({ exampleId }) => exampleId === source.exampleId);
  if (outcome === undefined) return [];
  const traced = tracedDemos(outcome);
  const found = nodes.map((node) => traced.get(node.id)).find((demo) => demo !== undefined);
  return found === undefined ? [] : [found];
}
