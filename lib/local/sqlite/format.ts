import { Conflict } from '#lib/base/errors';
import type { Database } from './database.ts';
import { asDspexError } from './failure.ts';

/** Marks the file as ours (`dspx`), so that a foreign database is not taken for an empty one. */
const APPLICATION_ID = 0x64737078;

/**
 * How a database of format n becomes one of n + 1. Steps are only ever added: a new folder takes all of them, so a
 * migrated folder and a new one cannot differ.
 */
const STEPS: readonly string[] = [
  // 0 -> 1: items, idempotency tokens and messages.
  `PRAGMA application_id = ${APPLICATION_ID};
   CREATE TABLE items (
     id INTEGER PRIMARY KEY, pk TEXT NOT NULL, sk TEXT NOT NULL, data TEXT NOT NULL, expires_at INTEGER,
     feed INTEGER NOT NULL DEFAULT 0,
     g1pk TEXT, g1sk TEXT, g2pk TEXT, g2sk TEXT, g3pk TEXT, g3sk TEXT
   ) STRICT;
   CREATE UNIQUE INDEX items_key ON items (pk, sk);
   CREATE INDEX items_g1 ON items (g1pk, g1sk, pk, sk) WHERE g1pk IS NOT NULL;
   CREATE INDEX items_g2 ON items (g2pk, g2sk, pk, sk) WHERE g2pk IS NOT NULL;
   CREATE INDEX items_g3 ON items (g3pk, g3sk, pk, sk) WHERE g3pk IS NOT NULL;
   CREATE INDEX items_expiry ON items (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TABLE tokens (token TEXT PRIMARY KEY, digest TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE INDEX tokens_expiry ON tokens (expires_at);
   CREATE TABLE messages (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, group_id TEXT NOT NULL, body TEXT NOT NULL,
     sent_at INTEGER NOT NULL, visible_at INTEGER NOT NULL, receive_count INTEGER NOT NULL DEFAULT 0,
     lease INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
     run TEXT, stop INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE INDEX messages_ready ON messages (queue, dead, group_id, visible_at, seq);
   CREATE INDEX messages_visible ON messages (queue, dead, visible_at);
   CREATE UNIQUE INDEX messages_run ON messages (run) WHERE run IS NOT NULL;`,
  // 1 -> 2: the feed. Format 1 kept outbox events but delivered none: they are delivered now.
  `CREATE TABLE feed (seq INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL) STRICT;
   INSERT INTO feed (item)
     SELECT json_patch(json_object('pk', pk, 'sk', sk, 'data', json(data), 'feed', json('true')), json_object(
       'expiresAt', expires_at,
       'indexes', CASE WHEN coalesce(g1pk, g2pk, g3pk) IS NOT NULL THEN json_object(
         'g1', CASE WHEN g1pk IS NOT NULL THEN json_object('pk', g1pk, 'sk', g1sk) END,
         'g2', CASE WHEN g2pk IS NOT NULL THEN json_object('pk', g2pk, 'sk', g2sk) END,
         'g3', CASE WHEN g3pk IS NOT NULL THEN json_object('pk', g3pk, 'sk', g3sk) END) END))
     FROM items WHERE feed = 1 ORDER BY id;`,
  // 2 -> 3: a keyed message that was sent again while it was in hand comes once more.
  `ALTER TABLE messages ADD COLUMN again INTEGER NOT NULL DEFAULT 0;`,
];

export const FORMAT = STEPS.length;

/**
 * Brings the database to the present format, one step after the other in one transaction; a copy of what was there
 * before is left at `backupPath(version)`. Throws Conflict for a newer format or somebody else's file, untouched.
 */
export function migrate(database: Database, backupPath: (version: number) => string): void {
  try {
    const version = Number(database.pragma('user_version'));
    const application = database.pragma('application_id');
    const empty = database.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined;
    if (application !== APPLICATION_ID && !(version === 0 && empty))
      throw new Conflict('folder_foreign', 'data.db in the data folder is a database, but not one of dspex');
    if (version > FORMAT)
      throw new Conflict(
        'folder_newer',
        `the data folder has format ${version}, written by a newer dspex; this one knows formats up to ${FORMAT}: ` +
          'install the newer dspex (or restore a backup made by this one)',
      );
    if (version === FORMAT) return;
    if (version > 0) database.run('VACUUM INTO ?', backupPath(version));
    upgrade(database, version);
  } catch (error) {
    throw asDspexError(error);
  }
}

function upgrade(database: Database, from: number): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of STEPS.slice(from)) database.exec(step);
    database.exec(`PRAGMA user_version = ${FORMAT}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
