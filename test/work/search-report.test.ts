import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { chosen, type FrontPoint, preferenceOf } from '#lib/resources/program/front';
import { changesBetween, lineDiff } from '#lib/resources/trial/lineage';
import { driveExecution } from '#lib/work/execution';
import { carryOutJob } from '#lib/work/job';
import { parity, startEvaluation, startOptimization, withNumbers, work } from './numbers.ts';
import { held, openWorld, run, type World } from './world.ts';

interface Report {
  best: { trial: string; examples: number; quality: number; best: number; at: string }[];
  spend: { calls: number; tokens: number; nanoUsd: number | null }[];
  front: { trial: string; objectives: Record<string, number>; knee: boolean }[];
  importance: { name: string; share: number; low: number; high: number }[];
}
type Span = { low: number; likely: number; high: number };
interface Estimate {
  exampleRuns: Span;
  measured: number;
  calls: Span;
  tokens: Span;
  nanoUsd: Span | null;
  seconds: Span;
  basis: string;
}
const program = async (world: World) =>
  (await world.client.get<{ id: string; latestVersion: number }>('programs', 'parity')).body;

describe('the estimate of an optimization', () => {
  const asked = {
    ...{ program: 'parity', dataset: 'numbers' },
    optimizer: { strategy: 'variable_search', config: { trials: 5, startup: 3, bootstrap: { sets: 1, maxDemos: 2 } } },
  };
  const estimateOf = async (world: World, more: JsonObject = {}) =>
    (await world.client.call<Estimate>('optimizations', 'estimate', { input: { ...asked, ...more } })).body;

  it('holds what the run then takes, asks no model, and learns from earlier runs of the program', async () => {
    let calls = 0;
    const world = await withNumbers(
      await openWorld((call) => {
        calls += 1;
        return parity(call);
      }),
    );
    const before = await estimateOf(world);
    expect(calls).toBe(0);
    expect(before).toMatchObject({ measured: 60, basis: 'prompts', nanoUsd: { high: 0 } });
    await startOptimization(world);
    await work(world);
    expect(calls).toBeGreaterThanOrEqual(before.calls.low * 0.5);
    expect(calls).toBeLessThanOrEqual(before.calls.high);
    for (const span of [before.exampleRuns, before.calls, before.tokens, before.seconds]) {
      expect(span.low).toBeLessThanOrEqual(span.likely);
      expect(span.likely).toBeLessThanOrEqual(span.high);
    }
    for (let n = 0; n < 5; n++) {
      const id = await run(world, 'parity', { text: `n${n}` });
      await driveExecution(world.home, { ...world.origin, executionId: id }, held());
    }
    expect(await estimateOf(world)).toMatchObject({ basis: 'executions', tokens: { low: expect.any(Number) } });
  });

  it('is there for every strategy, grows with what is asked, and names what is not there', async () => {
    const world = await withNumbers(await openWorld(parity));
    const strategies = ['random', 'grid', 'labeled_few_shot', 'bootstrap_few_shot', 'bootstrap_random_search'];
    for (const strategy of [...strategies, 'mipro_v2', 'simba', 'gepa', 'copro']) {
      const { exampleRuns, calls } = await estimateOf(world, { optimizer: { strategy, config: {} } });
      expect(exampleRuns.low, strategy).toBeGreaterThan(0);
      expect(exampleRuns.high, strategy).toBeGreaterThanOrEqual(exampleRuns.likely);
      expect(calls.high, strategy).toBeGreaterThanOrEqual(exampleRuns.high);
    }
    const fewer = await estimateOf(world, { limits: { validation: 10, test: 10 } });
    expect(fewer.calls.high).toBeLessThan((await estimateOf(world)).calls.high);
    await expect(estimateOf(world, { program: 'nobody' })).rejects.toMatchObject({ status: 404 });
  });
});

describe('the report of a search', () => {
  it('shows the best so far, the spend, the front and what mattered; any trial becomes the version it was', async () => {
    const world = await withNumbers(await openWorld(parity));
    const objectives = [
      { name: 'quality', goal: 'maximize' },
      { name: 'tokens', goal: 'minimize' },
    ];
    const id = await startOptimization(world, { objectives });
    await work(world);
    const { body } = await world.client.call<Report>('optimizations', 'report', { id });
    for (const [index, point] of body.best.entries()) {
      const same = body.best.slice(0, index + 1).filter(({ examples }) => examples === point.examples);
      expect(point.best).toBe(Math.max(...same.map(({ quality }) => quality)));
    }
    const spent = body.spend.map(({ calls }) => calls);
    expect(spent).toEqual([...spent].sort((a, b) => a - b));
    expect(body.front.filter(({ knee }) => knee)).toHaveLength(1);
    const qualities = body.best.map(({ quality }) => quality);
    expect(Math.max(...body.front.map(({ objectives }) => objectives.quality ?? 0))).toBe(Math.max(...qualities));
    expect(body.importance.map(({ name }) => name).sort()).toEqual(['demos', 'temperature']);
    for (const { low, share, high } of body.importance) {
      expect(low).toBeLessThanOrEqual(share);
      expect(share).toBeLessThanOrEqual(high);
    }

    const loser = 't1';
    const applied = await world.client.call<{ version: number }>('optimizations', 'apply', {
      id,
      input: { trial: loser },
    });
    const { id: programId, latestVersion } = await program(world);
    expect(applied.body).toMatchObject({ programId, version: latestVersion });
    const { body: version } = await world.client.version<{ body: { lineage: JsonObject } }>(
      'programs',
      programId,
      latestVersion,
    );
    expect(version.body.lineage).toMatchObject({ parent: 1, optimizationId: id, trial: loser });
    await expect(world.client.call('optimizations', 'apply', { id, input: { trial: 't99' } })).rejects.toMatchObject({
      status: 404,
      code: 'trial_unknown',
    });
  });

  it('is what a version has to agree with that says it comes from a trial', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world);
    await work(world);
    const publish = (input: JsonObject) => world.client.call('programs', 'publish', { id: 'parity', input });
    const wrong = { status: 400, code: 'lineage_wrong' };
    const claim = { base: 1, optimizationId: id, trial: 't1', assignment: { temperature: 0.123 } };
    await expect(publish(claim)).rejects.toMatchObject(wrong);
    await expect(publish({ ...claim, base: 2 })).rejects.toMatchObject(wrong);
    await expect(publish({ ...claim, trial: null })).rejects.toMatchObject(wrong);
    await expect(publish({ ...claim, optimizationId: null })).rejects.toMatchObject(wrong);
    await expect(publish({ ...claim, optimizationId: 'opt_none' })).rejects.toMatchObject({ status: 404 });
  });

  it('tells a trial’s lineage with what each step changed, texts line by line', async () => {
    const world = await withNumbers(await openWorld(parity));
    const id = await startOptimization(world);
    await work(world);
    for await (const trial of world.client.list<{ id: string; key: string }>('trials', {
      filter: { optimizationId: id },
    })) {
      const { body } = await world.client.call<{ trials: { trial: string; changes: JsonObject[] }[] }>(
        'trials',
        'lineage',
        { id: trial.id },
      );
      expect(body.trials[0]?.trial).toBe(trial.key.split('/')[1]);
      expect(body.trials.at(-1)?.changes.map(({ variable }) => variable)).toEqual(['demos', 'temperature']);
    }
    expect(changesBetween({ text: 'a\nb', same: 1 }, { text: 'a\nc', same: 1 })).toEqual([
      { variable: 'text', from: 'a\nb', to: 'a\nc', lines: [' a', '-b', '+c'] },
    ]);
    expect(lineDiff(['x'], [])).toEqual(['-x']);
  });
});

const point = (version: number, quality: number, costNanoUsd: number | null, latencyMs: number): FrontPoint => ({
  ...{ version, evaluationId: `evl_${version}`, quality, costNanoUsd, latencyMs },
});

describe('a front behind an alias', () => {
  const points = [point(1, 0.9, 900, 300), point(2, 0.8, 100, 200), point(3, 0.7, null, 50)];
  const front = { name: 'parity', fronts: { live: { points, since: '', by: '' } } };
  const versionFor = (asked: Parameters<typeof preferenceOf>[0]) => {
    const preference = preferenceOf(asked);
    return preference === null ? null : chosen(front, preference).version;
  };

  it('gives the best, the cheapest or the fastest, within limits; an unknown cost keeps no limit', () => {
    expect(versionFor({})).toBeNull();
    expect(versionFor({ prefer: 'quality' })).toBe(1);
    expect(versionFor({ prefer: 'cost' })).toBe(2);
    expect(versionFor({ prefer: 'latency' })).toBe(3);
    expect(versionFor({ maxCostNanoUsd: 500 })).toBe(2);
    expect(versionFor({ prefer: 'latency', maxCostNanoUsd: 500 })).toBe(2);
    expect(versionFor({ maxLatencyMs: 100 })).toBe(3);
    expect(() => versionFor({ maxLatencyMs: 10 })).toThrow('no version behind "live" keeps these limits');
    expect(() => versionFor({ alias: 'other', prefer: 'cost' })).toThrow('no front behind "other"; there are: live');
    expect(() => versionFor({ version: 1, prefer: 'cost' })).toThrow('either a version or a preference');
  });

  it('is made of measured versions only, and the execution records the point it got', async () => {
    const world = await withNumbers(await openWorld(parity));
    const { client } = world;
    // Hot and right more often; with demos dearer.
    await client.call('programs', 'publish', { id: 'parity', input: { base: 1, assignment: { temperature: 0.9 } } });
    const measure = async (more: JsonObject) => {
      const id = await startEvaluation(world, more);
      await world.relayed();
      await carryOutJob(world.home, { ...world.origin, evaluationId: id }, held());
      return id;
    };
    const [cold, hot] = [await measure({ version: 1 }), await measure({ version: 2 })];
    const deploy = async (evaluations: string[]) => {
      const { rev } = await client.get('programs', 'parity');
      return client.call('programs', 'deployFront', { id: 'parity', input: { evaluations }, ifMatch: rev ?? 0 });
    };
    await expect(deploy([cold, hot])).rejects.toThrow('version 1 is beaten by another');
    await expect(deploy([hot, hot])).rejects.toThrow('version 2 is among them already');
    await expect(deploy([hot, await measure({ version: 1, limit: 10 })])).rejects.toThrow('on other examples');
    await expect(deploy([await measure({ version: 1, variables: { temperature: 0.5 } })])).rejects.toThrow(
      'this one changed variables',
    );
    await deploy([hot]);
    const { body } = await client.call<{ id: string }>('programs', 'run', {
      id: 'parity',
      input: { input: { text: 'n1' }, prefer: 'cost' },
    });
    expect((await client.get('executions', body.id)).body).toMatchObject({
      ...{ version: 2, alias: 'live', preference: { alias: 'live', prefer: 'cost' } },
      point: { version: 2, evaluationId: hot, quality: 0.7 },
    });
    const { id: programId } = await program(world);
    const forged = { programId, version: 1, input: { text: 'n1' }, preference: { alias: 'live', prefer: 'cost' } };
    await expect(client.call('executions', 'create', { input: forged })).rejects.toMatchObject({
      code: 'preference_wrong',
    });
    await deploy([]);
    await expect(
      client.call('programs', 'run', { id: 'parity', input: { input: { text: 'n1' }, prefer: 'cost' } }),
    ).rejects.toMatchObject({ code: 'front_unknown' });
  });
});
