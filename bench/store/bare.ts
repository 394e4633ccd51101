import { DatabaseSync } from 'node:sqlite';

/** Commits a second of four rows each with node:sqlite alone (WAL, synchronous=FULL), one at a time. */
export function bareCommits(path: string, seconds: number): number {
  const database = new DatabaseSync(path);
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (pk TEXT, sk TEXT, data TEXT, PRIMARY KEY (pk, sk))',
  );
  const insert = database.prepare('INSERT INTO t VALUES (?, ?, ?)');
  const data = JSON.stringify({ text: 'x'.repeat(450) });
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < seconds * 1000) {
    database.exec('BEGIN IMMEDIATE');
    for (let row = 0; row < 4; row++) insert.run(`${count}`, `${row}`, data);
    database.exec('COMMIT');
    count += 1;
  }
  const rate = Math.round((count / (performance.now() - start)) * 1000);
  database.close();
  return rate;
}
