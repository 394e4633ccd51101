import { openLocalHome } from '#lib/local/home';
import { type Operation, TransactionRefused } from '#lib/ports/store';
import { worth } from './worth.ts';

/**
 * A process that is going to be killed: it counts numbered results into a store, tells a queue about each, and prints
 * what was acknowledged, no more and no earlier. Arguments: folder, first number, `transaction` or `two-step`.
 */
const [dir = 'no folder given', first = '1', mode = 'transaction'] = process.argv.slice(2);
const WRITERS = 16;

const say = (line: string) => process.stdout.write(`${line}\n`);

const { store, queue } = await openLocalHome(dir);
const WRITE: Record<string, (n: number) => Promise<void>> = {
  /** Result, aggregate and event in one transaction, the result's key deciding whether it counts. */
  transaction: (n) =>
    store.transact([
      { put: { pk: 'result', sk: `${n}`, data: { n } }, condition: { kind: 'absent' } },
      { update: { pk: 'sum', sk: '-' }, add: { sum: worth(n), count: 1 } },
      event(n).operation,
    ]),
  /** The same in two steps, as it must not be done: between them, the result is counted for good or forgotten. */
  'two-step': async (n) => {
    await store.transact([{ put: { pk: 'result', sk: `${n}`, data: { n } } }, event(n).operation]);
    await store.transact([{ update: { pk: 'sum', sk: '-' }, add: { sum: worth(n), count: 1 } }]);
  },
};
const write = WRITE[mode];
if (write === undefined) throw new Error(`no such mode: ${mode}`);
let next = Number(first);
say('open');
await Promise.all(
  Array.from({ length: WRITERS }, async () => {
    for (;;) {
      const n = next;
      next += 1;
      await write(n).catch((error: unknown) => {
        // Done before the last kill; a repetition counts nothing.
        if (!(error instanceof TransactionRefused)) throw error;
      });
      say(`written ${n}`);
      await queue.send('job', JSON.stringify({ n }), { group: `g${n % 3}` });
      say(`sent ${n}`);
    }
  }),
);

function event(n: number): { operation: Operation } {
  return { operation: { put: { pk: 'event', sk: `${n}`, data: { n }, feed: true } } };
}
