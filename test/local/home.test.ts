import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Conflict, Unavailable } from '#lib/base/errors';
import { announcedServer, announceServer } from '#lib/local/folder/server-file';
import { openLocalHome } from '#lib/local/home';
import { rejection } from '../contract/harness.ts';
import { testFolder, testHome } from './test-home.ts';

const HOLDER = fileURLToPath(new URL('fixtures/hold-folder.ts', import.meta.url));

/** Another process that holds the folder. */
async function holder(dir: string, ...more: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLDER, dir, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  return child;
}

describe('one process per data folder', () => {
  it('a second process is refused with the name of the folder', async () => {
    const dir = testFolder();
    await holder(dir);
    const error = await rejection(openLocalHome(dir));
    expect(error).toBeInstanceOf(Conflict);
    expect(error).toMatchObject({ code: 'folder_locked', message: expect.stringContaining(dir) });
  });

  it('when a server holds it, the error says its address and process', async () => {
    const dir = testFolder();
    const { pid } = await holder(dir, 'http://127.0.0.1:7331');
    expect(await rejection(openLocalHome(dir))).toMatchObject({
      code: 'folder_locked',
      message: `the server at http://127.0.0.1:7331 (process ${pid}) holds the data folder ${dir}`,
      extra: { address: 'http://127.0.0.1:7331', pid },
    });
  });

  it('a killed holder leaves no lock, and what it said about itself is forgotten', async () => {
    const dir = testFolder();
    const child = await holder(dir, 'http://127.0.0.1:7331');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(announcedServer(dir)).not.toBeNull();
    await testHome({ dir });
    expect(announcedServer(dir)).toBeNull();
  });

  it('a second opening in the same process is refused, and the first goes on', async () => {
    const { dir, store } = await testHome();
    expect(await rejection(openLocalHome(dir))).toMatchObject({ code: 'folder_locked' });
    await store.transact([{ put: { pk: 'a', sk: 'b', data: {} } }]);
  });

  it('closing frees the folder and takes back what the server said; closing again is no error', async () => {
    const home = await testHome();
    await announceServer(home.dir, { address: 'http://127.0.0.1:1', pid: 1 });
    await Promise.all([home.close(), home.store.close()]);
    expect(existsSync(join(home.dir, 'server.json'))).toBe(false);
    await (await openLocalHome(home.dir)).close();
  });

  it('a server file that makes no sense counts as none', async () => {
    const dir = testFolder();
    for (const content of ['', '{', 'null', '[]', '{"address": 1, "pid": 2}']) {
      writeFileSync(join(dir, 'server.json'), content);
      expect(announcedServer(dir)).toBeNull();
    }
  });
});

describe('closing', () => {
  it('what was asked for before the close is done and durable; what comes after is Unavailable', async () => {
    const home = await testHome();
    const writing = [1, 2, 3].map((n) => home.store.transact([{ put: { pk: 'a', sk: `${n}`, data: {} } }]));
    const waiting = home.queue.receive('job', { max: 1, visibilitySeconds: 1, waitSeconds: 20 });
    await home.close();
    await Promise.all(writing);
    expect(await waiting).toEqual([]);
    const key = { pk: 'a', sk: '1' };
    for (const refused of [
      home.store.get(key),
      home.store.query({ pk: 'a', limit: 1 }),
      home.store.transact([{ delete: key }]),
      home.queue.send('job', '1'),
      home.queue.receive('job', { max: 1, visibilitySeconds: 1 }),
      home.workflows.stopRequested('exe_1'),
    ])
      expect(await rejection(refused)).toBeInstanceOf(Unavailable);
    const again = await testHome({ dir: home.dir });
    expect((await again.store.query({ pk: 'a', limit: 10 })).items).toHaveLength(3);
  });
});

describe('the folder', () => {
  it('is made with its parents, readable by its owner alone', async () => {
    const { dir } = await testHome({ dir: join(testFolder(), 'deep', 'data') });
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('a place that is no folder, or a file that is no database, is a clear error and stays as it is', async () => {
    const dir = testFolder();
    const file = join(dir, 'file');
    writeFileSync(file, 'text');
    expect(await rejection(openLocalHome(file))).toMatchObject({
      code: 'folder_unusable',
      message: expect.stringContaining(file),
    });
    writeFileSync(join(dir, 'data.db'), 'this is no database, but long enough to have a header'.repeat(20));
    const before = readFileSync(join(dir, 'data.db'));
    expect(await rejection(openLocalHome(dir))).toMatchObject({ name: 'Unavailable', code: 'store_corrupt' });
    expect(readFileSync(join(dir, 'data.db')).equals(before)).toBe(true);
  });

  it('half-written files of a crash are removed at the next opening', async () => {
    const home = await testHome();
    const ref = await home.blobs.put('wks_a', new Uint8Array([1, 2, 3]));
    const folder = join(home.dir, 'blobs', 'wks_a', ref.sha256.slice(0, 2));
    writeFileSync(join(folder, '.writing-123'), 'half');
    await home.close();
    await testHome({ dir: home.dir });
    expect(readdirSync(folder)).toEqual([ref.sha256]);
  });
});
