import { describe, expect, test } from 'vitest';
import { openHouse, outcome, type TestHouse, write } from './house.ts';

const request = (house: TestHouse, id: string, more: object) => ({
  principal: house.as('engineer'),
  resource: 'Paper',
  action: 'update',
  id,
  ...more,
});

describe('writers at the same time', () => {
  test('of 100 writers with the same ETag exactly one wins, in each of 20 rounds; the others are Stale', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    for (let round = 1; round <= 20; round++) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, writer) => {
          const answer = await outcome(
            house.kernel.dispatch(request(house, id, { input: { text: `${round}/${writer}` }, ifMatch: round })),
          );
          return { writer, answer };
        }),
      );
      const winners = answers.filter(({ answer }) => answer === 'ok');
      expect(winners).toHaveLength(1);
      expect(new Set(answers.map(({ answer }) => answer))).toEqual(new Set(['ok', 'Stale stale']));
      const now = await house.kernel.dispatch(request(house, id, { action: 'read' }));
      expect(now).toMatchObject({
        rev: round + 1,
        body: { text: `${round}/${winners[0]?.writer}`, latestVersion: round + 1 },
      });
    }
  });

  test('without an ETag the action runs again on the fresh record: no addition is lost', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        outcome(house.kernel.dispatch(request(house, id, { action: 'grade', input: { by: 1 } }))),
      ),
    );
    const ok = answers.filter((answer) => answer === 'ok').length;
    expect(ok).toBe(6);
    expect(await house.kernel.dispatch(request(house, id, { action: 'read' }))).toMatchObject({
      body: { score: 6 },
      rev: 7,
    });
  });

  test('a writer who never gets through is told so, and its successes are exactly what is there', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    let interfering = true;
    house.services.pause = async () => {
      if (!interfering) return;
      interfering = false;
      await house.kernel.dispatch(request(house, id, { action: 'grade', input: { by: 100 } }));
      interfering = true;
    };
    const answer = await outcome(house.kernel.dispatch(request(house, id, { action: 'grade', input: { by: 1 } })));
    expect(answer).toBe('Conflict conflict');
    expect(await house.kernel.dispatch(request(house, id, { action: 'read' }))).toMatchObject({ body: { score: 800 } });
  });

  test('a transition happens once, whoever asks for it at the same time', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    const publish = () =>
      outcome(house.kernel.dispatch({ ...request(house, id, { action: 'publish' }), principal: house.as('operator') }));
    const answers = await Promise.all(Array.from({ length: 20 }, publish));
    expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'Conflict wrong_state')).toHaveLength(19);
  });

  test('a write to a record that is removed meanwhile finds it missing', async () => {
    const house = await openHouse();
    const { id } = await write(house, 'one');
    house.services.pause = async () => {
      house.services.pause = async () => {};
      await house.kernel.dispatch(request(house, id, { action: 'remove' }));
    };
    expect(await outcome(house.kernel.dispatch(request(house, id, { action: 'grade', input: { by: 1 } })))).toBe(
      'NotFound not_found',
    );
  });
});

describe('unique names', () => {
  test('of 50 creations with one name exactly one succeeds, in each of 10 rounds', async () => {
    const house = await openHouse();
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => outcome(write(house, `name ${round}`))));
      expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1);
      expect(new Set(answers)).toEqual(new Set(['ok', 'Conflict name_taken']));
    }
    const { items } = await house.kernel.list({ principal: house.as('viewer'), resource: 'Paper', limit: 100 });
    expect(items).toHaveLength(10);
  });

  test('renames race for one name: one wins, the others keep theirs, and every freed name is free', async () => {
    const house = await openHouse();
    const papers = await Promise.all(Array.from({ length: 10 }, (_, i) => write(house, `old ${i}`)));
    const answers = await Promise.all(
      papers.map(({ id }) => outcome(house.kernel.dispatch(request(house, id, { input: { name: 'new' } })))),
    );
    expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1);
    const { items } = await house.kernel.list({
      principal: house.as('viewer'),
      resource: 'Paper',
      limit: 100,
      order: 'oldest',
    });
    const winner = answers.indexOf('ok');
    expect(items.map(({ name }) => name)).toEqual(papers.map((_, i) => (i === winner ? 'new' : `old ${i}`)));
    expect(await outcome(write(house, `old ${winner}`))).toBe('ok');
    expect(await outcome(write(house, `old ${(winner + 1) % 10}`))).toBe('Conflict name_taken');
  });

  test('two records can swap their names in one transaction', async () => {
    const house = await openHouse();
    const [a, b] = [await write(house, 'a'), await write(house, 'b')];
    await house.kernel.together([
      request(house, a.id, { input: { name: 'temporary' } }),
      request(house, b.id, { input: { name: 'a' } }),
      request(house, a.id, { input: { name: 'b' } }),
    ]);
    const acting = house.kernel.acting(house.as('viewer'));
    expect(await acting.find<{ id: string }>('Paper', 'a')).toMatchObject({ id: b.id });
    expect(await acting.find<{ id: string }>('Paper', 'b')).toMatchObject({ id: a.id });
    await expect(acting.find('Paper', 'temporary')).rejects.toThrow('there is no Paper "temporary"');
  });

  test.each([
    ['separators', 'a#b#c', 'a#b'],
    ['very long ones', 'x'.repeat(4000), `${'x'.repeat(3999)}y`],
    ['lone surrogates', 'a\ud800', 'a\ud801'],
    ['NUL and controls', 'a\u0000b', 'a\u0000c'],
    ['what looks like a hash', `=${'0'.repeat(64)}`, `=${'1'.repeat(64)}`],
    ['upper and lower case', 'Answer', 'answer'],
  ])('names with %s are told apart, and found', async (_, one, other) => {
    const house = await openHouse();
    const [a, b] = [await write(house, one), await write(house, other)];
    const acting = house.kernel.acting(house.as('viewer'));
    expect(await acting.find<{ id: string }>('Paper', one)).toMatchObject({ id: a.id });
    expect(await acting.find<{ id: string }>('Paper', other)).toMatchObject({ id: b.id });
    expect(await outcome(write(house, one))).toBe('Conflict name_taken');
  });

  test('two spellings of one character sequence are one name', async () => {
    const house = await openHouse();
    await write(house, 'caf\u00e9');
    expect(await outcome(write(house, 'cafe\u0301'))).toBe('Conflict name_taken');
  });
});
