import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { openLocalHome } from '#lib/local/home';
import { allPages } from '../contract/store/query.ts';
import { makeFolder, removeFolder } from '../local/folder.ts';

const FILLER = fileURLToPath(new URL('store/filler.ts', import.meta.url));

it('when the operating system refuses to write on, the write is Unavailable, reads go on, and all acknowledged is there', async () => {
  const dir = makeFolder();
  onTestFinished(() => removeFolder(dir));
  // A limit on the size of a file, which even root obeys: writes beyond it fail in the middle of a commit.
  const limited = 'ulimit -f 4000 && exec "$0" --no-warnings "$1" "$2"';
  const { stdout } = await promisify(execFile)('bash', ['-c', limited, process.execPath, FILLER, dir]);
  const lines = stdout.trim().split('\n');
  const written = lines.filter((line) => line.startsWith('written')).length;
  expect(written).toBeGreaterThan(10);
  expect(lines.slice(written)).toEqual([
    expect.stringMatching(/^ended Unavailable store_(io|full)$/),
    `read ${written}`,
  ]);
  const home = await openLocalHome(dir);
  onTestFinished(() => home.close());
  expect((await home.store.get({ pk: 'fill', sk: 'sum' }))?.data.count).toBe(written);
  expect(await allPages(home.store, { pk: 'fill', limit: 1000 })).toHaveLength(written + 1);
  await home.store.transact([{ put: { pk: 'fill', sk: 'more', data: {} } }]);
});
