import { join } from 'node:path';
import { Conflict, DspexError } from '#lib/base/errors';
import { Database } from '../sqlite/database.ts';
import { asDspexError } from '../sqlite/failure.ts';
import { announcedServer } from './server-file.ts';

/** One process per data folder. The lock is the operating system's, so a killed holder leaves none behind. */
export interface FolderLock {
  release(): void;
}

/** Throws Conflict, naming the folder and, when it is known, the server that holds it. */
export function lockFolder(dir: string): FolderLock {
  const database = new Database(join(dir, 'lock.db'), ['busy_timeout = 0']);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const failure = asDspexError(error);
    throw DspexError.is(failure) && failure.code === 'store_busy' ? held(dir) : failure;
  }
  return { release: () => database.close() };
}

function held(dir: string): Conflict {
  const server = announcedServer(dir);
  return server === null
    ? new Conflict('folder_locked', `another process holds the data folder ${dir}`)
    : new Conflict(
        'folder_locked',
        `the server at ${server.address} (process ${server.pid}) holds the data folder ${dir}`,
        { extra: { address: server.address, pid: server.pid } },
      );
}
