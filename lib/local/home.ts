import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '#lib/base/clock';
import type { Blobs } from '#lib/ports/blobs';
import type { Events } from '#lib/ports/events';
import type { Feed } from '#lib/ports/feed';
import type { Secrets } from '#lib/ports/secrets';
import type { WorkflowSteering, Workflows } from '#lib/ports/workflows';
import { LocalBlobs, removeHalfWritten } from './blobs.ts';
import { LocalEvents } from './events.ts';
import { LocalFeed } from './feed.ts';
import { asUnavailable } from './folder/atomic-write.ts';
import { lockFolder } from './folder/lock.ts';
import { forgetServer } from './folder/server-file.ts';
import { LocalQueue } from './queue/queue.ts';
import { Wake } from './queue/wake.ts';
import { LocalSecrets } from './secrets.ts';
import { Database } from './sqlite/database.ts';
import { migrate } from './sqlite/format.ts';
import { GroupCommit } from './sqlite/group-commit.ts';
import { LocalStore } from './store/store.ts';
import { systemTimer, type Timer } from './timer.ts';
import { LocalWorkflows } from './workflows.ts';

/** Every port on one data folder and one process. */
export interface LocalHome {
  store: LocalStore;
  queue: LocalQueue;
  feed: Feed;
  workflows: Workflows & WorkflowSteering;
  blobs: Blobs;
  events: Events;
  secrets: Secrets;
  /** Finishes what was begun, frees the folder. Calls after it are refused. */
  close(): Promise<void>;
}

export interface LocalHomeOptions {
  clock?: Clock;
  timer?: Timer;
  /** Where `env:NAME` secrets are read; `process.env` when it is not said. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** No more than this many bytes in the database; writes beyond are Unavailable. */
  maxBytes?: number;
  /** For tests: reads of an index do not see the last so many transactions. */
  indexLag?: { transactions: number };
}

const PAGE_BYTES = 4096;
const PRAGMAS = [
  `page_size = ${PAGE_BYTES}`,
  'journal_mode = WAL',
  // Each commit reaches the disk before it is acknowledged.
  'synchronous = FULL',
  'cache_size = -65536',
  'journal_size_limit = 67108864',
  'temp_store = MEMORY',
];

/**
 * Opens (or makes) the data folder `dir`, migrating an older one. Throws Conflict when another process holds it or a
 * newer dspex wrote it, Unavailable when the disk does not answer.
 *
 *     const home = await openLocalHome('.dspex');
 *     await home.store.transact([{ put: { pk: 'T#w', sk: 'HEAD', data: { n: 1 } }, condition: { kind: 'absent' } }]);
 *     await home.close();
 */
export async function openLocalHome(dir: string, options: LocalHomeOptions = {}): Promise<LocalHome> {
  const folder = resolve(dir);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw asUnavailable(error, folder);
  });
  const lock = lockFolder(folder);
  try {
    forgetServer(folder);
    await removeHalfWritten(join(folder, 'blobs'));
    const database = openDatabase(folder, options.maxBytes);
    return assemble(folder, database, options, () => {
      database.close();
      forgetServer(folder);
      lock.release();
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openDatabase(folder: string, maxBytes?: number): Database {
  const database = new Database(join(folder, 'data.db'), PRAGMAS);
  try {
    migrate(database, (version) => {
      const copy = join(folder, `data.format-${version}.db`);
      // Left by a migration that did not end: what it was made of still stands.
      rmSync(copy, { force: true });
      return copy;
    });
    if (maxBytes !== undefined) database.pragma(`max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function assemble(folder: string, database: Database, options: LocalHomeOptions, free: () => void): LocalHome {
  const { clock = systemClock, timer = systemTimer, environment = process.env, indexLag } = options;
  const commits = new GroupCommit(database);
  const wake = new Wake(clock, timer);
  const feed = new LocalFeed({ database, commits, timer });
  const queue = new LocalQueue({ database, commits, clock, wake });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= (async () => {
      await feed.close();
      queue.close();
      commits.close();
      store.release();
      free();
    })();
    return closing;
  };
  const store = new LocalStore({
    database,
    commits,
    clock,
    fed: () => feed.wake(),
    close,
    ...(indexLag === undefined ? {} : { indexLag }),
  });
  return {
    store,
    queue,
    feed,
    workflows: new LocalWorkflows({ database, commits, queue }),
    blobs: new LocalBlobs(join(folder, 'blobs')),
    events: new LocalEvents(),
    secrets: new LocalSecrets(folder, environment),
    close,
  };
}
