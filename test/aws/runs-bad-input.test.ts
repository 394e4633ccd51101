import { CreateStateMachineCommand, DeleteStateMachineCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rejection } from '../contract/harness.ts';
import { whenEmulated } from './emulated.ts';
import { type EquivalenceHouse, openEquivalenceHouse } from './equivalence.ts';

// Two cores may be busy with others.
vi.setConfig({ testTimeout: 300_000 });

const TITLES = [
  '\u202e\u200f עברית',
  '👩‍👩‍👧‍👦 ﷽ Z̷̛a̸',
  'tab\tnewline\nnul\u0000',
  '{% $eval($states.input) %}',
  '"\\u0022</script>',
  'x'.repeat(200),
];
const upper = (id: string, of: string, more: object = {}) => ({
  id,
  kind: 'transform',
  expression: `$uppercase(${of})`,
  ...more,
});

whenEmulated('what machines are given', ({ ministack, dynamodb }) => {
  let house: EquivalenceHouse;
  beforeAll(async () => {
    house = await openEquivalenceHouse({ ministack, dynamodb });
  }, 120_000);
  afterAll(() => house.close());

  const graphOf = (name: string, nodes: object[], output: Record<string, string>) =>
    ({ name, input: { q: 'str' }, output, nodes }) as never;
  /** The same run in this process and by its machine, which ended well. */
  const both = async (program: string, q: string, version = 1) => {
    const run = () => house.run(program, { q }, {}, version);
    const [here, there] = [await run(), await run()];
    await house.drive(here);
    expect((await house.machine(there)).status).toBe('SUCCEEDED');
    const ending = await house.ending(there);
    expect(ending).toEqual(await house.ending(here));
    return ending;
  };

  it('titles of any text are kept, stand in no definition, and change nothing', async () => {
    const nodes = TITLES.map((title, i) => upper(`n${i}`, 'input.q', { title }));
    const all = `[${nodes.map(({ id }) => `nodes.${id}`).join(', ')}]`;
    await house.create('titled', graphOf('titled', nodes, { all }));
    expect((await both('titled', 'é💥')).output).toEqual({ all: TITLES.map(() => 'É💥') });
    const definition = await house.definition('titled');
    for (const title of TITLES) expect(definition).not.toContain(JSON.stringify(title).slice(1, -1));
    const lone = graphOf('lone', [upper('a', 'input.q', { title: 'half \ud83d' })], { a: 'nodes.a' });
    expect(await rejection(house.create('lone', lone))).toMatchObject({ status: 400 });
  });

  it('values of 255 and 257 KB pass through steps, choices and maps by reference', async () => {
    const nodes = [
      upper('copy', 'input.q'),
      { id: 'way', kind: 'choice', arms: [{ when: '$length(nodes.copy) > 1', nodes: [upper('inner', 'nodes.copy')] }] },
      { id: 'each', kind: 'map', items: '[nodes.way, nodes.inner]', nodes: [upper('again', 'item')] },
    ];
    await house.create('large', graphOf('large', nodes, { first: 'nodes.each[0]' }));
    for (const kilobytes of [255, 257]) {
      const { output } = await both('large', 'é'.repeat((kilobytes * 1024) / 2));
      expect(Buffer.byteLength((output as { first: string }).first)).toBe(kilobytes * 1024);
    }
    // What a machine carries: ids, numbers, a preview.
    expect(house.door.largest.request).toBeLessThan(1024);
    expect(house.door.largest.answer).toBeLessThan(10 * 1024);
  });

  it('500 nodes are a program and a machine; 1,000 are refused with the number there may be', async () => {
    const chain = (count: number) =>
      Array.from({ length: count }, (_, i) => upper(`n${i}`, i === 0 ? 'input.q' : `nodes.n${i - 1}`));
    await house.create('many', graphOf('many', chain(500), { end: 'nodes.n499' }));
    expect(Object.keys(JSON.parse(await house.definition('many')).States)).toContain('Program');
    const refused = await rejection(house.create('more', graphOf('more', chain(1000), { end: 'nodes.n999' })));
    expect(refused).toMatchObject({ status: 400 });
    expect((refused as Error).message).toMatch(/500/);
  });

  describe('a machine that is not as it was left', () => {
    it('deleted, it is made again with the next run, and no version runs what another one is', async () => {
      const text = (word: string) => graphOf('twice', [upper('a', `"${word}" & input.q`)], { a: 'nodes.a' });
      const longer = graphOf('twice', [upper('a', 'input.q'), upper('b', 'nodes.a & "!"')], { a: 'nodes.b' });
      await house.create('twice', text('one '));
      await house.publish('twice', longer);
      expect((await both('twice', 'x')).output).toEqual({ a: 'ONE X' });
      expect((await both('twice', 'x', 2)).output).toEqual({ a: 'X!' });
      const arn = await house.machineArn('twice');
      await house.sfn.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
      expect((await both('twice', 'y', 2)).output).toEqual({ a: 'Y!' });
      expect((await both('twice', 'z')).output).toEqual({ a: 'ONE Z' });
    });

    it('made by somebody else under its name, it is left alone and the run is refused until it is away', async () => {
      await house.create('taken', graphOf('taken', [upper('a', 'input.q')], { a: 'nodes.a' }));
      const arn = await house.machineArn('taken');
      const theirs = JSON.stringify({ StartAt: 'Only', States: { Only: { Type: 'Fail', Error: 'Theirs' } } });
      await house.sfn.send(
        new CreateStateMachineCommand({
          name: arn.slice(arn.lastIndexOf(':') + 1),
          definition: theirs,
          roleArn: 'arn:aws:iam::000000000000:role/theirs',
        }),
      );
      const run = await house.run('taken', { q: 'x' }, {});
      expect(await rejection(house.machine(run))).toMatchObject({ name: 'Conflict', code: 'machine_foreign' });
      expect(await house.definition('taken', false)).toBe(theirs);
      await house.sfn.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
      expect((await house.machine(run)).status).toBe('SUCCEEDED');
    });
  });
});
