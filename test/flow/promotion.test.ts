import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { Script } from '#lib/lm/scripted';
import type { DomainEvent } from '#lib/ports/events';
import { pick } from '#lib/resources/program/alias';
import { promoteProven } from '#lib/work/promotion';
import { jsonl, METRIC, openRealHouse, type RealHouse, ROWS } from '../api/real-house.ts';
import { chat, idOf } from './house.ts';

let house: RealHouse | undefined;
afterEach(() => house?.close());

/** Versions are told apart by their temperature: 0.9 is right, 0.2 is wrong, everything else says "odd" (half right). */
const script: Script = (call) => {
  const digit = Number(/n(\d+)/.exec(JSON.stringify(call.messages.at(-1)))?.[1] ?? 0);
  const [right, wrong] = digit % 2 === 1 ? ['odd', 'even'] : ['even', 'odd'];
  const { temperature } = call.parameters;
  return chat({ label: temperature === 0.9 ? right : temperature === 0.2 ? wrong : 'odd' });
};

const REPORT = {
  ...{ examples: 2, scored: 2, failed: 0, degraded: 0, interval: null, parts: {}, failures: {}, latencyMs: null },
  ...{ usage: { calls: 2, inputTokens: 0, outputTokens: 0 }, costNanoUsd: 0, spentNanoUsd: 0 },
};

interface ProgramBody extends JsonObject {
  rev: number;
  aliases: { [name: string]: { version: number } & JsonObject };
}

async function open({ work = true } = {}) {
  house = await openRealHouse({ work, script });
  const { kernel } = house.house;
  const { client, programId: id, datasetId, workspaceId } = house.ours;
  const program = async () => (await client.get<ProgramBody>('programs', id)).body;
  const act = async (action: string, input: JsonObject) =>
    (await client.call<ProgramBody>('programs', action, { id, input, ifMatch: (await program()).rev })).body;
  return {
    ...{ client, id, datasetId, workspaceId, program, act },
    publish: async (temperature: number) => {
      const { body } = await client.call<{ latestVersion: number }>('programs', 'publish', {
        ...{ id, input: { base: 1, assignment: { temperature } } },
      });
      return body.latestVersion;
    },
    gate: (...gates: JsonObject[]) =>
      act('gate', {
        gates: gates.map((one) => ({ dataset: datasetId, metric: METRIC, simulated: true, ...one })),
      }),
    evaluate: async (version: number, more: JsonObject = {}) => {
      const input = { version, dataset: datasetId, metric: METRIC, split: 'test', ...more };
      const { body } = await client.call<{ id: string; state: string }>('programs', 'evaluate', {
        ...{ id, input: input as never, wait: true },
      });
      expect(body.state).toBe('completed');
      return body.id;
    },
    /** An evaluation that has come to that score. */
    measured: async (version: number, score: number) => {
      const principal = { id: 'system', workspaceId, roles: [], system: true as const };
      const about = { programId: id, version, datasetId, datasetVersion: 1, metric: METRIC, split: 'test' };
      const call = { principal, resource: 'Evaluation' };
      const made = await kernel.dispatch({ ...call, action: 'create', input: about });
      const evaluation = 'id' in made ? made.id : '';
      const report = { ...REPORT, score, scoreOfScored: score };
      const input = { status: 'completed', report, failure: null, simulated: true };
      await kernel.dispatch({ ...call, action: 'finish', id: evaluation, input });
      return evaluation;
    },
    promote: (version: number, alias = 'live') => act('promote', { version, alias }),
    live: async () => (await program()).aliases.live?.version ?? null,
    events: async (type: string): Promise<DomainEvent[]> => {
      const found: DomainEvent[] = [];
      for await (const one of client.list<JsonObject>('audit-events'))
        if (one.type === type)
          found.push({ ...one, workspaceId, principal: one.createdBy, time: one.createdAt } as unknown as DomainEvent);
      return found;
    },
  };
}

describe('a gated alias', () => {
  test('points at a version only with evidence, and the refusal says what is wanted and what there is', async () => {
    const world = await open();
    await world.gate({ atLeast: 0.8 });
    const refused = world.promote(1);
    await expect(refused).rejects.toMatchObject({ status: 409, code: 'promotion_gated' });
    await expect(refused).rejects.toThrow(
      `a completed evaluation of version 1 on ${world.datasetId} version 1, test examples, by exact_match, with 0.8 at least; there is none`,
    );
    const poor = await world.evaluate(1);
    await expect(world.promote(1)).rejects.toThrow(`the newest, ${poor} has 0.5`);
    const good = await world.publish(0.9);
    const evidence = await world.evaluate(good);
    expect((await world.promote(good)).aliases.live).toMatchObject({ version: good, previous: null });
    const [event] = await world.events('Program.promote');
    expect(event?.data).toMatchObject({ version: good, evidence: [evidence] });
  });

  test('takes no evidence that says something else, and names each with the reason', async () => {
    const world = await open();
    await world.gate({ atLeast: 0.5, simulated: false }, { atLeast: 0.5, minExamples: 3 });
    const other = await world.publish(0.9);
    const ids = {
      version: await world.evaluate(other),
      limit: await world.evaluate(1, { limit: 1 }),
      split: await world.evaluate(1, { split: 'train' }),
      values: await world.evaluate(1, { variables: { temperature: 0.9 } }),
      metric: await world.evaluate(1, { metric: { kind: 'contains', output: 'label' } }),
      few: await world.evaluate(1),
    };
    const { message } = await world.promote(1).then(
      () => ({ message: '' }),
      (error: Error) => error,
    );
    for (const [id, why] of [
      [ids.limit, 'measured on the first 1 examples only'],
      [ids.split, 'measured on train'],
      [ids.values, 'measured with other values of its variables'],
      [ids.metric, 'measured by another metric (contains)'],
      [ids.few, 'answered by the scripted model'],
      [ids.few, 'has 2 examples, wanted 3'],
    ])
      expect(message).toContain(`${id} ${why}`);
    expect(message).not.toContain(ids.version);
    expect(await world.live()).toBeNull();
  });

  test('wants evidence on the newest data, unless a version is named', async () => {
    const world = await open();
    await world.gate({ atLeast: 0.5 });
    await world.evaluate(1);
    await world.client.call('datasets', 'import', {
      ...{ id: world.datasetId, input: { format: 'jsonl' } },
      upload: { contentType: 'application/x-ndjson', content: jsonl(ROWS) },
    });
    await expect(world.promote(1)).rejects.toThrow('measured on version 1 of the data');
    await world.gate({ atLeast: 0.5, datasetVersion: 1 });
    await world.promote(1);
    expect(await world.live()).toBe(1);
  });

  test('believes the newest measurement, not the best one', async () => {
    const world = await open({ work: false });
    await world.gate({ atLeast: 0.8 });
    const [, worse] = [await world.measured(1, 1), await world.measured(1, 0.79)];
    await expect(world.promote(1)).rejects.toThrow(`the newest, ${worse} has 0.79`);
    await world.measured(1, 0.8);
    await world.promote(1);
    expect(await world.live()).toBe(1);
  });

  test('takes no evidence that is too old', async () => {
    const world = await open();
    const id = await world.evaluate(1);
    await world.gate({ atLeast: 0.5, withinDays: 1e-9 });
    await expect(world.promote(1)).rejects.toThrow(new RegExp(`${id} ended .*, which is too long ago`));
    await world.gate({ atLeast: 0.5, withinDays: 1 });
    await world.promote(1);
    expect(await world.live()).toBe(1);
  });

  test('may want a version that is not worse than the one it points at, within a tolerance', async () => {
    const world = await open();
    const [worse, better] = [await world.publish(0.2), await world.publish(0.9)];
    await world.gate({ notWorseThan: 'live' });
    // Nothing is there to be worse than, but it has to be measured all the same.
    await expect(world.promote(1)).rejects.toThrow('there is none');
    const before = await world.evaluate(1);
    await world.promote(1);
    const bad = await world.evaluate(worse);
    await expect(world.promote(worse)).rejects.toThrow(
      `not worse than live (version 1, ${before} has 0.5); ${bad} has 0`,
    );
    await world.evaluate(better);
    await world.promote(better);
    expect(await world.live()).toBe(better);
    await world.gate({ notWorseThan: 'live', tolerance: 0.5 });
    await world.promote(1);
    await expect(world.promote(worse)).resolves.toMatchObject({ aliases: { live: { version: worse } } });
  });

  test('is not opened by changing the metric it was made with', async () => {
    const world = await open();
    const { body: metric } = await world.client.call<{ id: string; rev: number }>('metrics', 'create', {
      input: { name: 'strict', spec: METRIC },
    });
    await world.gate({ atLeast: 0.8, metric: 'strict' });
    await world.client.call('metrics', 'update', {
      ...{ id: metric.id, ifMatch: metric.rev, input: { spec: { kind: 'regex', output: 'label', pattern: '.*' } } },
    });
    await world.evaluate(1, { metric: 'strict' });
    await expect(world.promote(1)).rejects.toThrow('measured by another metric (regex)');
  });

  test('guards no other alias, and a rollback is free', async () => {
    const world = await open();
    const good = await world.publish(0.9);
    await world.promote(1);
    await world.gate({ atLeast: 0.8 });
    await world.promote(1, 'canary');
    await world.evaluate(good);
    await world.promote(good);
    expect((await world.act('rollback', {})).aliases.live).toMatchObject({ version: 1 });
  });

  test('is satisfied by an evaluation that a trigger started', async () => {
    const world = await open();
    await world.gate({ atLeast: 0.8 });
    const start = { start: 'evaluation', dataset: world.datasetId, metric: METRIC, split: 'test' };
    await world.client.call('triggers', 'create', {
      input: { name: 'gatekeeper', on: { event: 'program_version' }, start } as never,
    });
    const good = await world.publish(0.9);
    await expect.poll(() => world.promote(good).catch(() => null)).not.toBeNull();
    const [event] = await world.events('Program.promote');
    expect(event?.data.evidence).toEqual([expect.stringMatching(/^evl_/)]);
  });
});

describe('an automatic gate', () => {
  test('promotes a newer version as soon as an evaluation passes, and one that fails stays where it is', async () => {
    const world = await open();
    await world.gate({ atLeast: 0.8, automatic: true });
    await world.evaluate(await world.publish(0.2));
    const good = await world.publish(0.9);
    await world.evaluate(good);
    await expect.poll(world.live).toBe(good);
    expect(await world.events('Program.promote')).toHaveLength(1);
  });

  test('does not take back what somebody decided afterwards, however often and late it hears', async () => {
    const world = await open();
    await world.promote(1);
    await world.gate({ atLeast: 0.8, automatic: true });
    const good = await world.publish(0.9);
    await world.evaluate(good);
    await expect.poll(world.live).toBe(good);
    await world.act('rollback', {});
    const [ended] = await world.events('Evaluation.finish');
    if (ended === undefined || house === undefined) throw new Error('no event');
    const { kernel, services } = house.house;
    const home = { kernel, services } as Parameters<typeof promoteProven>[0];
    for (let i = 0; i < 3; i++) expect(await promoteProven(home, ended)).toEqual([]);
    expect(await world.live()).toBe(1);
  });
});

describe('a gate is refused', () => {
  test.each([
    [{}, 'a gate wants `atLeast`, `notWorseThan`, or both'],
    [{ atLeast: 1, dataset: 'no-such' }, 'no-such'],
    [{ atLeast: 1, metric: 'no-such' }, 'no-such'],
    [{ atLeast: 1, datasetVersion: 7 }, 'has no version 7'],
    [{ atLeast: 1, withinDays: 0 }, 'withinDays'],
  ])('when it says %j', async (wrong, why) => {
    const world = await open();
    const { problems, message } = await world.gate(wrong).then(
      () => ({ problems: [], message: '' }),
      (error: Error & { problems?: object[] }) => ({ problems: error.problems ?? [], message: error.message }),
    );
    expect(`${message} ${JSON.stringify(problems)}`).toContain(why);
  });
});

describe('an alias whose runs are shifted', () => {
  const run = async (world: Awaited<ReturnType<typeof open>>, more: JsonObject) => {
    const { location } = await world.client.call('programs', 'run', {
      ...{ id: world.id, input: { input: { text: 'n1' }, ...more } },
    });
    return (await world.client.get<{ version: number; alias: string }>('executions', idOf(location))).body;
  };

  test('serves a key always by the same version, about the share asked for, and keeps whom it had when it grows', () => {
    const alias = { version: 1, previous: null, since: '', by: '' };
    const served = (share: number, id = 'prg_1') =>
      Array.from({ length: 2000 }, (_, n) => {
        const program = { id, name: 'p', aliases: { live: { ...alias, shifted: { version: 2, share } } } };
        return pick(program, { sticky: `user-${n}` }).version;
      });
    const shares = [0, 0.1, 0.3, 0.9].map((share) => ({ share, versions: served(share) }));
    for (const [n, { share, versions }] of shares.entries()) {
      expect(versions.filter((version) => version === 2).length / 2000).toBeCloseTo(share, 1);
      expect(served(share)).toEqual(versions);
      const fewer = shares[n - 1]?.versions ?? [];
      expect(versions.every((version, at) => fewer[at] !== 2 || version === 2)).toBe(true);
    }
    // Who is first with one program is not first with every program.
    expect(served(0.3, 'prg_2')).not.toEqual(served(0.3));
    expect(pick({ name: 'p', aliases: { live: { ...alias, shifted: { version: 2, share: 0.99 } } } }, {}).version).toBe(
      1,
    );
  });

  test('is recorded on the execution, and ended by a rollback', async () => {
    const world = await open();
    const next = await world.publish(0.9);
    await world.promote(1);
    const keys = Array.from({ length: 6 }, (_, n) => `user-${n}`);
    const served = async () => {
      const versions: number[] = [];
      for (const sticky of keys) {
        const { version, alias } = await run(world, { sticky });
        expect(alias).toBe('live');
        versions.push(version);
      }
      return versions;
    };
    const { aliases } = await world.act('shift', { version: next, share: 0.5 });
    const program = { id: world.id, name: 'p', aliases: aliases as never };
    expect(await served()).toEqual(keys.map((sticky) => pick(program, { sticky }).version));
    await world.act('rollback', {});
    expect(new Set(await served())).toEqual(new Set([1]));
    expect((await world.program()).aliases.live).not.toHaveProperty('shifted');
  });

  test('ends with a promotion, wants the evidence a promotion wants, and something to shift from', async () => {
    const world = await open();
    const next = await world.publish(0.9);
    const shift = (version: number, share: number) => world.act('shift', { version, share });
    await expect(shift(next, 0.5)).rejects.toMatchObject({ code: 'nothing_to_shift' });
    await world.promote(1);
    await expect(shift(1, 0.5)).rejects.toMatchObject({ code: 'nothing_to_shift' });
    await expect(shift(99, 0.5)).rejects.toMatchObject({ status: 404 });
    await world.gate({ atLeast: 0.8 });
    await expect(shift(next, 0.5)).rejects.toMatchObject({ code: 'promotion_gated' });
    await world.evaluate(next);
    await shift(next, 0.5);
    expect((await world.promote(next)).aliases.live).toEqual({
      ...{ version: next, previous: 1, since: expect.any(String), by: expect.any(String) },
    });
    await shift(1, 0).catch(() => undefined);
    expect(await world.live()).toBe(next);
  });
});
