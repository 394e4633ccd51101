import { describe, expect, test } from 'vitest';
import { memoryJournal } from '#lib/engine/journal';
import { comparePlaces } from '#lib/engine/place';
import type { StepRecord } from '#lib/engine/step';
import type { Plan, PlanStep } from '#lib/program/plan';
import { planProgram } from '#lib/program/plan-graph';
import { neededNodes, plansIn } from '#lib/program/prune';
import { nodesRead } from '#lib/program/reads';
import { validateProgram } from '#lib/program/validate';
import { randomCase } from './random-graph.ts';
import { configured, programOf, World } from './world.ts';

const SEEDS = Array.from({ length: 250 }, (_, i) => i + 1);

async function whole(seed: number) {
  const { graph, faults, input } = randomCase(seed);
  const program = await configured(graph);
  const world = new World(faults);
  const journal = memoryJournal();
  const result = await world.run(program, input, { runId: `r${seed}` }, { journal });
  return { graph, faults, input, program, world, result, records: await journal.read() };
}

function* steps(plan: Plan): Generator<PlanStep> {
  for (const step of plan.stages.flat()) {
    yield step;
    for (const inner of plansIn(step)) yield* steps(inner);
  }
}

/** Everything about a result that may not depend on when and where it was driven. */
function outcome({ status, output, failure, failedAt, degraded }: Awaited<ReturnType<World['run']>>) {
  return { status, output, failure: failure?.name, notUndone: failure?.details?.notUndone, failedAt, degraded };
}

describe('for every program', () => {
  test('the generator makes valid ones of many outcomes', async () => {
    const seen: Record<string, number> = {};
    const count = (what: string) => (seen[what] = (seen[what] ?? 0) + 1);
    for (const seed of SEEDS) {
      const { graph, result, world } = await whole(seed);
      expect(validateProgram(programOf(graph)).filter(({ detail }) => !detail.includes('unreachable'))).toEqual([]);
      count(result.status);
      if (result.degraded) count('degraded');
      if (world.done.some((path) => path.includes('/compensate/'))) count('undone');
      for (const { kind, status } of result.steps) count(`${kind} ${status}`);
    }
    for (const kind of ['module', 'transform', 'effect', 'choice', 'map', 'parallel', 'action', 'transaction'])
      expect(seen[`${kind} succeeded`], kind).toBeGreaterThan(20);
    for (const what of ['completed', 'failed', 'degraded', 'undone', 'module skipped', 'module failed'])
      expect(seen[what], what).toBeGreaterThan(20);
  });

  test('equal graphs give equal plans, and every stage reads only from earlier ones', () => {
    for (const seed of SEEDS) {
      const { graph } = randomCase(seed);
      const { modules } = programOf(graph);
      const plan = planProgram(graph, modules);
      expect(JSON.stringify(planProgram(structuredClone(graph), modules))).toBe(JSON.stringify(plan));
      const check = (block: Plan, before: ReadonlySet<string>): void => {
        const known = new Set(before);
        const own = new Set(block.stages.flat().flatMap((step) => [step.id, ...step.shows]));
        for (const stage of block.stages) {
          for (const step of stage)
            for (const id of step.needs)
              expect(known.has(id) || !own.has(id), `${seed}: ${step.id} needs ${id}`).toBe(true);
          for (const step of stage) for (const inner of plansIn(step)) check(inner, known);
          for (const step of stage) for (const id of [step.id, ...step.shows]) known.add(id);
        }
      };
      check(plan, new Set());
    }
  });

  test('nothing is begun before all it reads has ended', async () => {
    for (const seed of SEEDS) {
      const { graph, faults, input } = randomCase(seed);
      const program = await configured(graph);
      const all = new Map([...steps(program.plan)].map((step) => [step.id, step]));
      const world = new World(faults);
      const ended = new Set<string>();
      const check = (nodeId: string): void => {
        for (const { expression } of all.get(nodeId)?.inputs ?? [])
          for (const id of nodesRead(expression)) {
            // A part of a choice that was not taken has no record, but its choice has.
            const around = [...all.values()].filter((step) => step.shows.includes(id));
            expect(
              [id, ...around.map((step) => step.id)].some((one) => ended.has(one)),
              `${seed}: ${nodeId} reads ${id}`,
            ).toBe(true);
          }
      };
      await world.run(
        program,
        input,
        {},
        {
          onStep: ({ nodeId, retried, kind }) => {
            if (retried) return;
            ended.add(nodeId);
            if (kind === 'transaction') for (const id of nodeId.split('+')) ended.add(id);
          },
          runModule: (spec, inputs, context) => {
            check(context.nodeId);
            return world.deps.runModule(spec, inputs, context);
          },
        },
      );
    }
  });

  test('a run cut off after any journaled step and resumed ends the same, and repeats no step that had succeeded', async () => {
    let cuts = 0;
    for (const seed of SEEDS.slice(0, 100)) {
      const { faults, input, program, result, records } = await whole(seed);
      for (let cut = 0; cut <= records.length; cut++) {
        cuts++;
        const before = records.slice(0, cut);
        const world = new World(faults);
        const journal = memoryJournal(before);
        const resumed = await world.run(program, input, { mode: { kind: 'resume' }, runId: `r${seed}` }, { journal });
        expect(outcome(resumed), `seed ${seed}, cut ${cut}`).toEqual(outcome(result));
        const succeeded = before.filter(({ status }) => status === 'succeeded').map(({ path }) => path);
        for (const path of succeeded) expect(world.begun, `seed ${seed}, cut ${cut}`).not.toContain(path);
        const kept = await journal.read();
        expect(pathsOf(kept), `seed ${seed}, cut ${cut}`).toEqual(pathsOf(records));
      }
    }
    expect(cuts).toBeGreaterThan(500);
  });

  test('a finished run that is resumed does nothing and costs what it cost', async () => {
    for (const seed of SEEDS.slice(0, 100)) {
      const { faults, input, program, result, records } = await whole(seed);
      const world = new World(faults);
      const again = await world.run(program, input, { mode: { kind: 'resume' } }, { journal: memoryJournal(records) });
      expect(world.begun).toEqual([]);
      expect(outcome(again)).toEqual(outcome(result));
      expect([again.costNanoUsd, again.usage, again.latencyMs]).toEqual([
        result.costNanoUsd,
        result.usage,
        result.latencyMs,
      ]);
    }
  });

  test('a failed run undoes each completed effect that can be undone once, in reverse plan order; a completed one keeps its effects', async () => {
    let checked = 0;
    for (let seed = 1; seed <= 500; seed++) {
      const { program, world, result } = await whole(seed);
      const undone = world.done.filter((path) => path.includes('/compensate/')).map(undoneStep);
      expect(new Set(undone).size, `seed ${seed}`).toBe(undone.length);
      if (result.status === 'completed') {
        // Only inside something that was given up may anything have been undone.
        for (const path of undone) expect(path, `seed ${seed}`).toContain('/');
        continue;
      }
      const can = new Set(
        [...steps(program.plan)].flatMap((step) =>
          (step.kind === 'transaction' ? step.actions : [step])
            .filter(({ compensate }) => compensate)
            .map(({ id }) => id),
        ),
      );
      const completed = world.done
        .filter((path) => !path.includes('/compensate/') && !path.includes('/fallback/'))
        .map((path) => path.replace(':', path.includes('+') ? '/' : '\0').replace(/\0.*$/, ''))
        .filter((path) => can.has(path.split('/').at(-1) ?? ''));
      expect(undone.toSorted(), `seed ${seed}`).toEqual(completed.toSorted());
      // What was given up early was undone early; the rest goes backwards through the plan.
      const last = undone.filter((path) => !path.includes('/'));
      const backwards = last.toSorted((a, b) => comparePlaces(program.plan, b, a));
      expect(last, `seed ${seed}`).toEqual(backwards);
      if (last.length > 1) checked++;
    }
    expect(checked).toBeGreaterThan(5);
  });

  test('a failed run whose faults are cured and that is redriven ends as if nothing had failed, without repeating what stands', async () => {
    let redriven = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const { input, program, result, records } = await whole(seed);
      if (result.status !== 'failed') continue;
      redriven++;
      const standing = new Set(records.filter(({ status }) => status === 'succeeded').map(({ path }) => path));
      const healthy = new World();
      const journal = memoryJournal(records);
      const again = await healthy.run(program, input, { mode: { kind: 'redrive' }, runId: `r${seed}` }, { journal });
      expect(again.status, `seed ${seed}: ${again.failure?.message}`).toBe('completed');
      expect(new Set(healthy.begun).size, `seed ${seed}`).toBe(healthy.begun.length);
      const undone = records.some(({ path }) => path.includes('/compensate/'));
      if (!undone) for (const path of healthy.begun) expect(standing.has(path), `seed ${seed}: ${path}`).toBe(false);
      // Driven once more, nothing is left to do.
      const idle = new World();
      const third = await idle.run(
        program,
        input,
        { mode: { kind: 'redrive' } },
        { journal: memoryJournal(await journal.read()) },
      );
      expect(idle.begun, `seed ${seed}`).toEqual([]);
      expect(third.output).toEqual(again.output);
    }
    expect(redriven).toBeGreaterThan(40);
  });

  test('a replay from any step gives the same answer and repeats nothing before it', async () => {
    for (const seed of SEEDS.slice(0, 100)) {
      const { input, program } = await whole(seed);
      const journal = memoryJournal();
      const first = await new World().run(program, input, {}, { journal });
      const records = await journal.read();
      const stageOf = new Map(program.plan.stages.flatMap((stage, at) => stage.map(({ id }) => [id, at] as const)));
      for (const { path: from } of records) {
        const world = new World();
        const again = await world.run(program, input, { mode: { kind: 'replay', from, records } });
        expect(again.output, `seed ${seed} from ${from}`).toEqual(first.output);
        const at = stageOf.get(from.split('/')[0] ?? '') ?? -1;
        for (const path of world.begun)
          expect(stageOf.get(path.split('/')[0] ?? ''), `seed ${seed} from ${from}`).toBeGreaterThanOrEqual(at);
      }
    }
  });

  test('an output computed alone is the one computed with all others, by some of the steps', async () => {
    for (const seed of SEEDS.slice(0, 100)) {
      const { graph, input, program } = await whole(seed);
      const all = await new World().run(program, input);
      for (const name of Object.keys(graph.output)) {
        const world = new World();
        const alone = await world.run(program, input, { outputs: [name] });
        expect(alone.output, `seed ${seed}: ${name}`).toEqual({ [name]: all.output?.[name] });
        const needed = neededNodes(program.plan, [name]);
        for (const { nodeId } of alone.steps) expect(needed.has(nodeId), `seed ${seed}: ${nodeId}`).toBe(true);
      }
    }
  });
});

const undoneStep = (path: string): string => path.slice(0, path.indexOf('/compensate/'));

/** A stage's steps end in any order, so journals are compared as sets. */
function pathsOf(records: readonly StepRecord[]): string[] {
  return records.map(({ path, attempt, status }) => `${path}#${attempt}:${status}`).toSorted();
}
