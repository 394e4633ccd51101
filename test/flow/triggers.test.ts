import { afterEach, describe, expect, test } from 'vitest';
import type { DomainEvent } from '#lib/ports/events';
import { fireSchedules, fireTriggers } from '#lib/work/trigger';
import { jsonl, METRIC, openRealHouse, type RealHouse, ROWS, SOURCE } from '../api/real-house.ts';

let house: RealHouse | undefined;
afterEach(() => house?.close());

interface Firing {
  id: string;
  state: string;
  started: string | null;
  refused: string | null;
}

/** A house without workers: events are brought by hand, as often and in whatever order a test likes. */
async function open(on: object, start: object) {
  house = await openRealHouse();
  const { client, workspaceId } = house.ours;
  const { body: trigger } = await client.call<{ id: string; rev: number }>('triggers', 'create', {
    input: { name: 'nightly', on, start } as never,
  });
  const { kernel, home, services } = house.house;
  const work = { kernel, services, clock: { now: () => time }, effects: {} } as Parameters<typeof fireTriggers>[0];
  let time = Date.now();
  const events = async (): Promise<DomainEvent[]> => {
    const found: DomainEvent[] = [];
    for await (const event of client.list<{ id: string; type: string; subject: string; data: object }>('audit-events'))
      found.push({ ...event, workspaceId } as unknown as DomainEvent);
    return found.reverse();
  };
  const firings = async (): Promise<Firing[]> => {
    const found: Firing[] = [];
    for await (const firing of client.list<Firing>('firings', { filter: { triggerId: trigger.id } }))
      found.push(firing);
    return found;
  };
  return { ...house.ours, trigger, work, events, firings, home, at: (now: number) => (time = now) };
}

const measure = (programId: string, datasetId: string) => ({
  ...{ start: 'evaluation', program: programId, dataset: datasetId, metric: METRIC, split: 'test' },
});
const upload = {
  contentType: 'application/x-ndjson',
  content: jsonl(ROWS.map((row, n) => ({ ...row, inputs: { text: `new ${n}` } }))),
};

describe('a trigger on dataset versions', () => {
  test('starts one evaluation of the very version, however often, late and out of order the event is delivered', async () => {
    const world = await open({ event: 'dataset_version' }, { ...measure('sorter-a', 'numbers-a'), dataset: undefined });
    await world.client.call('datasets', 'import', { id: world.datasetId, input: { format: 'jsonl' }, upload });
    const happened = (await world.events()).filter(({ type }) => type === 'Dataset.addVersion');
    expect(happened.map(({ data }) => data.version)).toEqual([1, 2]);
    const storm = [...happened, ...happened.toReversed(), ...happened].map((event) => fireTriggers(world.work, event));
    await Promise.all(storm);
    const firings = await world.firings();
    expect(firings).toHaveLength(2);
    const versions = [];
    for (const { started, state } of firings) {
      expect(state).toBe('started');
      const { body } = await world.client.get('evaluations', started ?? '');
      versions.push(body.datasetVersion);
      expect(body).toMatchObject({ programId: world.programId, split: 'test' });
    }
    expect(versions.toSorted()).toEqual([1, 2]);
  });

  test('that names another dataset, or is disabled, stays still', async () => {
    const world = await open({ event: 'dataset_version', dataset: 'numbers-a' }, measure('sorter-a', 'numbers-a'));
    const other = { type: 'Dataset.addVersion', subject: 'dts_other', id: 'evt_1', workspaceId: world.workspaceId };
    await fireTriggers(world.work, { ...other, principal: 'x', time: '', data: { version: 1 } });
    const { id, rev } = world.trigger;
    await world.client.call('triggers', 'disable', { id, ifMatch: rev });
    for (const event of await world.events()) await fireTriggers(world.work, event);
    expect(await world.firings()).toEqual([]);
  });
});

describe('a trigger that cannot start what it should', () => {
  test('leaves a firing that says why, once, and keeps nobody else from hearing the event', async () => {
    const world = await open({ event: 'dataset_version' }, { ...measure('sorter-a', 'numbers-a'), metric: 'gone' });
    const [event] = (await world.events()).filter(({ type }) => type === 'Dataset.addVersion');
    if (event === undefined) throw new Error('no event');
    for (let i = 0; i < 3; i++) await fireTriggers(world.work, event);
    expect(await world.firings()).toMatchObject([{ state: 'refused', refused: expect.stringContaining('gone') }]);
  });

  test.each([
    [{ event: 'program_version' }, { start: 'optimization', dataset: 'numbers-a', metric: METRIC }, 'without end'],
    [{ event: 'cron', schedule: '61 * * * *' }, { start: 'evaluation', metric: METRIC }, 'cron'],
    [{ event: 'promotion' }, { start: 'score', metric: METRIC }, 'executions are scored'],
    [{ event: 'promotion', program: 'no-such' }, { start: 'evaluation', metric: METRIC }, 'no-such'],
  ])('is refused when that can be known before: %j', async (on, start, why) => {
    house = await openRealHouse();
    const asked = house.ours.client.call('triggers', 'create', { input: { name: 'bad', on, start } as never });
    await expect(asked).rejects.toThrow(why);
  });
});

test('a promotion starts an evaluation of the promoted version', async () => {
  const world = await open({ event: 'promotion' }, { start: 'evaluation', dataset: 'numbers-a', metric: METRIC });
  const { body, rev } = await world.client.get('programs', world.programId);
  const published = await world.client.call('programs', 'publish', {
    ...{ id: world.programId, ifMatch: rev ?? Number(body.rev) },
    input: {
      source: { ...SOURCE, graph: { ...SOURCE.graph, name: 'sorter', defaults: { lm: 'default_a' } } } as never,
    },
  });
  await world.client.call('programs', 'promote', {
    id: world.programId,
    ifMatch: published.rev ?? 0,
    input: { version: 2 },
  });
  for (const event of await world.events()) await fireTriggers(world.work, event);
  const [firing] = await world.firings();
  expect((await world.client.get('evaluations', firing?.started ?? '')).body).toMatchObject({ version: 2 });
});

test('a schedule fires once for each due minute, and is not made up for after a long sleep', async () => {
  const world = await open({ event: 'cron', schedule: '*/15 * * * *' }, measure('sorter-a', 'numbers-a'));
  const quarter = Date.parse('2027-01-01T12:15:00Z');
  for (const now of [quarter + 1, quarter + 20_000, quarter + 300_000]) {
    world.at(now);
    await fireSchedules(world.work, world.workspaceId);
  }
  expect(await world.firings()).toHaveLength(1);
  world.at(quarter + 14 * 60_000);
  await fireSchedules(world.work, world.workspaceId);
  expect(await world.firings()).toHaveLength(1);
  world.at(quarter + 15 * 60_000);
  await fireSchedules(world.work, world.workspaceId);
  expect(await world.firings()).toHaveLength(2);
});

test('fired by hand, the same key answers with the firing that was', async () => {
  const world = await open({ event: 'object_uploaded' }, measure('sorter-a', 'numbers-a'));
  const fire = () =>
    world.client.call<{ firingId: string }>('triggers', 'fire', { id: world.trigger.id, input: { key: 'k' } });
  expect((await fire()).body).toEqual((await fire()).body);
  expect(await world.firings()).toHaveLength(1);
});

test('uploaded objects are told apart by bucket, prefix, suffix and content', async () => {
  const on = { event: 'object_uploaded', bucket: 'b', prefix: 'in/', suffix: '.jsonl' };
  const world = await open(on, measure('sorter-a', 'numbers-a'));
  const object = (bucket: string, key: string, etag: string): DomainEvent => ({
    ...{ id: `evt_${etag}`, type: 'Object.created', workspaceId: world.workspaceId, subject: `s3://${bucket}/${key}` },
    ...{ principal: 's3', time: '', data: { bucket, key, etag } },
  });
  for (const event of [object('b', 'in/a.jsonl', '1'), object('b', 'in/a.jsonl', '1'), object('b', 'in/a.jsonl', '2')])
    await fireTriggers(world.work, event);
  for (const event of [object('c', 'in/a.jsonl', '3'), object('b', 'out/a.jsonl', '4'), object('b', 'in/a.csv', '5')])
    await fireTriggers(world.work, event);
  expect(await world.firings()).toHaveLength(2);
});

test('a share of the executions of a program is scored by a metric that needs no labels, through the whole product', async () => {
  house = await openRealHouse({ work: true });
  const { client, programId } = house.ours;
  const metric = { kind: 'regex', output: 'label', pattern: 'odd' };
  await client.call('triggers', 'create', {
    input: {
      name: 'online',
      on: { event: 'execution', program: programId, share: 1 },
      start: { start: 'score', metric },
    } as never,
  });
  const run = await client.call<{ id: string }>('programs', 'run', {
    ...{ id: programId, input: { input: { text: 'n' } }, wait: true },
  });
  await expect
    .poll(async () => (await client.get<{ scores: object }>('executions', run.body.id)).body.scores)
    .not.toEqual({});
  const { body } = await client.get<{ scores: Record<string, object> }>('executions', run.body.id);
  expect(Object.values(body.scores)).toMatchObject([{ value: 1 }]);
});
