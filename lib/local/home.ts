import type { Clock } from '#lib/base/clock';
import type { Blobs } from '#lib/ports/blobs';
import type { Events } from '#lib/ports/events';
import type { Feed } from '#lib/ports/feed';
import type { Queue } from '#lib/ports/queue';
import type { Secrets } from '#lib/ports/secrets';
import type { Store } from '#lib/ports/store';
import type { WorkflowSteering, Workflows } from '#lib/ports/workflows';
import type { Timer } from './timer.ts';

/** Every port on one data folder and one process. */
export interface LocalHome {
  store: Store;
  queue: Queue;
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

/**
 * Opens (or makes) the data folder `dir`, migrating an older one. Throws Conflict when another process holds it or a
 * newer dspex wrote it, Unavailable when the disk does not answer.
 *
 *     const home = await openLocalHome('.dspex');
 *     await home.store.transact([{ put: { pk: 'T#w', sk: 'HEAD', data: { n: 1 } }, condition: { kind: 'absent' } }]);
 *     await home.close();
 */
export declare function openLocalHome(dir: string, options?: LocalHomeOptions): Promise<LocalHome>;
