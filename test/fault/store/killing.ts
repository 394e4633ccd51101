import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '#lib/base/random';
import { type LocalHome, openLocalHome } from '#lib/local/home';
import type { Item, Query } from '#lib/ports/store';
import { worth } from './worth.ts';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));

export interface Killing {
  dir: string;
  kills: number;
  seed: string;
  mode: 'transaction' | 'two-step';
  /** Told after each kill and check. */
  progress?: (kill: number, findings: Findings) => void;
}

/** What was wrong, by kind; all zero is the guarantee. */
export interface Findings {
  /** Results acknowledged but absent. */
  lostResults: number;
  /** Messages acknowledged but never received again. */
  lostMessages: number;
  /** Results without their event, or events without their result. */
  halfApplied: number;
  /** Difference between the aggregate and the results that are there, in results and in worth. */
  miscounted: number;
  /** Events of results that are there but were never delivered. */
  lostEvents: number;
  acknowledged: number;
}

/**
 * Kills a writing process with SIGKILL, again and again at seeded moments, on one folder; after each kill opens the
 * folder (which the dead must not hold) and compares what is there with what the process printed.
 */
export async function killWriters({ dir, kills, seed, mode, progress }: Killing): Promise<Findings> {
  const random = seededRandom(seed);
  const written = new Set<number>();
  const sent = new Set<number>();
  const received = new Set<number>();
  const delivered = new Set<number>();
  let findings: Findings | null = null;
  for (let kill = 1; kill <= kills; kill++) {
    // It begins again before where it was: what was written but not acknowledged is tried again, as after any crash.
    const first = Math.max(1, Math.max(0, ...written) - 20);
    await writeUntilKilled(['--no-warnings', WRITER, dir, `${first}`, mode], random.integer(1, 250), (what, n) => {
      (what === 'written' ? written : sent).add(n);
    });
    const home = await openLocalHome(dir);
    await drain(home, received, delivered);
    findings = await compare(home, { written, sent, received, delivered });
    await home.close();
    progress?.(kill, findings);
  }
  if (findings === null) throw new Error('no kill was asked for');
  return findings;
}

/** Starts the process and kills it when it has printed so many lines; tells every line it got out. */
async function writeUntilKilled(args: string[], lines: number, tell: (what: string, n: number) => void): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let left = lines;
  let rest = '';
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    const whole = (rest + chunk.toString()).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      const [what = '', n] = line.split(' ');
      if (n !== undefined) tell(what, Number(n));
      left -= 1;
    }
    if (left <= 0) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${complaint}`);
}

async function drain(home: LocalHome, received: Set<number>, delivered: Set<number>): Promise<void> {
  for (;;) {
    const receive = () => home.queue.receive('job', { max: 10, visibilitySeconds: 60 });
    const messages = (await Promise.all(Array.from({ length: 20 }, receive))).flat();
    if (messages.length === 0) break;
    for (const { body } of messages) received.add((JSON.parse(body) as { n: number }).n);
    await Promise.all(messages.map(({ receipt }) => home.queue.delete('job', receipt)));
  }
  const handle = await home.feed.start(async (items) => {
    for (const { data } of items) delivered.add(Number(data.n));
  });
  await handle.caughtUp();
  await handle.stop();
}

type Oracle = Record<'written' | 'sent' | 'received' | 'delivered', Set<number>>;

async function compare({ store }: LocalHome, oracle: Oracle): Promise<Findings> {
  const results = new Set((await all(store, 'result')).map(({ data }) => Number(data.n)));
  const events = new Set((await all(store, 'event')).map(({ data }) => Number(data.n)));
  const sum = (await store.get({ pk: 'sum', sk: '-' }))?.data;
  const expected = [...results].reduce((total, n) => total + worth(n), 0);
  return {
    lostResults: oracle.written.difference(results).size,
    lostMessages: oracle.sent.difference(oracle.received).size,
    halfApplied: results.symmetricDifference(events).size,
    miscounted: Math.abs(Number(sum?.count ?? 0) - results.size) + Math.abs(Number(sum?.sum ?? 0) - expected),
    lostEvents: results.difference(oracle.delivered).size,
    acknowledged: oracle.written.size,
  };
}

async function all(store: LocalHome['store'], pk: string): Promise<Item[]> {
  const items: Item[] = [];
  const query: Query = { pk, limit: 1000 };
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await store.query(cursor === '' ? query : { ...query, cursor });
    items.push(...page.items);
    cursor = page.cursor;
  }
  return items;
}
