import { expect, test } from 'vitest';
import { filtersOf, type Route } from '#lib/derive/http/routes';
import type { Ask } from './world.ts';

/** Lists: whole, stable while others write, and with cursors that nobody can make up. */
export function pagination(route: Route, ask: Ask): void {
  const page = async (query: string, key: 'admin' | 'stranger' = 'admin') => {
    const answer = await ask.line('GET', route.path, { query, key });
    expect(answer.status, answer.text).toBe(200);
    const { items, nextCursor } = answer.json() as { items: { id: string }[]; nextCursor: string | null };
    return { ids: items.map(({ id }) => id), nextCursor, link: answer.headers.get('link') };
  };
  const walk = async (query: string, between: () => Promise<unknown> = async () => {}) => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const next: Awaited<ReturnType<typeof page>> = await page(cursor === null ? query : `${query}&cursor=${cursor}`);
      ids.push(...next.ids);
      cursor = next.nextCursor;
      expect(next.link === null).toBe(cursor === null);
      if (cursor !== null) await between();
    } while (cursor !== null);
    return ids;
  };

  const single = () => ask.world().single?.includes(route.resource.name) === true;

  test('hold every record once, in either order, also while records are added', async () => {
    if (single()) return expect(await walk('limit=1')).toEqual([(await ask.record(route.resource.name)).id]);
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push((await ask.record(route.resource.name)).id);
    const whole = await walk('limit=100');
    expect(new Set(whole).size).toBe(whole.length);
    expect(whole).toEqual(expect.arrayContaining(made));
    expect(await walk('limit=2&order=oldest')).toEqual(whole.toReversed());
    let added = 0;
    const meanwhile = await walk('limit=3', async () => added++ < 3 && (await ask.record(route.resource.name)));
    expect(meanwhile.filter((id) => whole.includes(id))).toEqual(whole);
    expect(new Set(meanwhile).size).toBe(meanwhile.length);
  });

  test('have a limit from 1 to 100', async () => {
    for (const limit of ['0', '101', '-1', 'all', '1.5', ''])
      expect((await ask.line('GET', route.path, { query: `limit=${limit}` })).problem(400).errors).toMatchObject([
        { pointer: '/limit' },
      ]);
    expect((await page('limit=1')).ids).toHaveLength(1);
  });

  test.each(filtersOf(route.resource))('refuse an empty %s', async (name) => {
    const answer = await ask.line('GET', route.path, { query: `${name}=` });
    expect(answer.problem(400).errors).toMatchObject([{ pointer: `/${name}` }]);
  });

  test('take a cursor only from the list that gave it, unchanged', async () => {
    await ask.record(route.resource.name);
    const { nextCursor } = await page('limit=1');
    const cursor = nextCursor ?? '';
    expect(cursor === '').toBe(single());
    const refuse = async (query: string, key: 'admin' | 'stranger' = 'admin') =>
      expect((await ask.line('GET', route.path, { query, key })).problem(400).code).toBe('invalid_cursor');
    if (single()) return refuse('cursor=AAAA');
    const flipped = (cursor.startsWith('A') ? 'B' : 'A') + cursor.slice(1);
    for (const wrong of [flipped, cursor.slice(0, -1), `${cursor}A`, 'x', '', '%00']) await refuse(`cursor=${wrong}`);
    await refuse(`cursor=${cursor}&order=oldest`);
    await refuse(`cursor=${cursor}`, 'stranger');
  });

  test('show nothing of another workspace', async () => {
    const { id } = await ask.record(route.resource.name);
    expect((await page('limit=100', 'stranger')).ids).not.toContain(id);
  });
}
