import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openLocalHome } from '#lib/local/home';
import { FORMAT } from '#lib/local/sqlite/format';
import type { Item } from '#lib/ports/store';
import { rejection } from '../contract/harness.ts';
import { testFolder, testHome } from './test-home.ts';

const FORMAT_1 = readFileSync(fileURLToPath(new URL('fixtures/format-1.sql', import.meta.url)), 'utf8');

function folderWith(sql: string): string {
  const dir = testFolder();
  const database = new DatabaseSync(join(dir, 'data.db'));
  database.exec(sql);
  database.close();
  return dir;
}

function inspect(file: string): { version: unknown; schema: unknown[] } {
  const database = new DatabaseSync(file, { readOnly: true });
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  const schema = database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
  database.close();
  return { version, schema };
}

/** SQL text apart from its layout. */
const compact = (schema: unknown[]) =>
  JSON.stringify(schema)
    .replaceAll(/(\\n|\s)+/g, ' ')
    .replaceAll(/ ?([(),]) ?/g, '$1');

describe('the format of the data folder', () => {
  it('a folder of format 1 is upgraded: everything is there, and its undelivered events are delivered', async () => {
    const dir = folderWith(FORMAT_1);
    const { store, queue, feed } = await testHome({ dir });
    const head = {
      pk: 'W#a#PRG#1',
      sk: 'HEAD',
      data: { name: 'triage', rev: 3 },
      indexes: { g1: { pk: 'W#a#PRG', sk: 'active' } },
    };
    expect(await store.get(head)).toEqual(head);
    expect(await store.query({ index: 'g1', pk: 'W#a#PRG', limit: 10 })).toEqual({ items: [head], cursor: null });
    expect(await queue.receive('job', { max: 10, visibilitySeconds: 1 })).toMatchObject([{ body: '{"v":1}' }]);
    const delivered: Item[] = [];
    const handle = await feed.start(async (items) => {
      delivered.push(...items);
    });
    await handle.caughtUp();
    expect(delivered).toEqual([
      { pk: 'W#a#PRG#1', sk: 'EV#2', data: { type: 'Program.create', none: null, text: 'é\u0000' }, feed: true },
      {
        pk: 'W#a#PRG#1',
        sk: 'EV#1',
        data: { type: 'Program.publish' },
        feed: true,
        expiresAt: 4102444800,
        indexes: { g1: { pk: 'W#a', sk: 'EV#1' } },
      },
    ]);
  });

  it('an upgraded folder has the very schema of a new one, and a copy of what it was', async () => {
    const [upgraded, fresh] = [folderWith(FORMAT_1), testFolder()];
    for (const dir of [upgraded, fresh]) await (await openLocalHome(dir)).close();
    expect(compact(inspect(join(upgraded, 'data.db')).schema)).toBe(compact(inspect(join(fresh, 'data.db')).schema));
    expect(inspect(join(upgraded, 'data.db')).version).toBe(FORMAT);
    expect(inspect(join(upgraded, 'data.format-1.db')).version).toBe(1);
    expect(existsSync(join(fresh, 'data.format-1.db'))).toBe(false);
  });

  it('an upgrade that was cut off is done again: the old copy is no obstacle, and nothing is doubled', async () => {
    const dir = folderWith(FORMAT_1);
    await (await openLocalHome(dir)).close();
    const database = new DatabaseSync(join(dir, 'data.db'));
    database.exec('DROP TABLE feed; ALTER TABLE messages DROP COLUMN again; PRAGMA user_version = 1');
    database.close();
    const { feed } = await testHome({ dir });
    let delivered = 0;
    await (
      await feed.start(async (items) => {
        delivered += items.length;
      })
    ).caughtUp();
    expect(delivered).toBe(2);
  });

  it('an upgrade that fails leaves the old format, whole', async () => {
    // Somebody's table stands where the step wants to put its own.
    const dir = folderWith(`${FORMAT_1}; CREATE TABLE feed (somebody TEXT)`);
    const before = inspect(join(dir, 'data.db'));
    expect(await rejection(openLocalHome(dir))).toMatchObject({ name: 'Internal' });
    expect(inspect(join(dir, 'data.db'))).toEqual(before);
  });

  it('a newer format is refused with a word on what to do, and left as it is', async () => {
    const dir = testFolder();
    await (await openLocalHome(dir)).close();
    const database = new DatabaseSync(join(dir, 'data.db'));
    database.exec(`PRAGMA user_version = ${FORMAT + 1}`);
    database.close();
    expect(await rejection(openLocalHome(dir))).toMatchObject({
      name: 'Conflict',
      code: 'folder_newer',
      message: expect.stringMatching(`format ${FORMAT + 1}.*up to ${FORMAT}.*newer dspex`),
    });
    expect(inspect(join(dir, 'data.db')).version).toBe(FORMAT + 1);
  });

  it("somebody else's database is refused and left as it is", async () => {
    const dir = folderWith('CREATE TABLE theirs (a TEXT)');
    expect(await rejection(openLocalHome(dir))).toMatchObject({ code: 'folder_foreign' });
    expect(inspect(join(dir, 'data.db')).schema).toHaveLength(1);
  });
});
