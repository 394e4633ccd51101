import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalEvents } from '#lib/local/events';
import { type LocalHome, openLocalHome } from '#lib/local/home';
import { blobsContract } from '../contract/blobs.ts';
import { eventsContract } from '../contract/events.ts';
import { feedContract } from '../contract/feed.ts';
import type { Harness } from '../contract/harness.ts';
import { queueContract } from '../contract/queue.ts';
import { secretsContract } from '../contract/secrets.ts';
import { workflowsContract } from '../contract/workflows.ts';
import { makeFolder, removeFolder } from './folder.ts';
import { VirtualTime } from './virtual-time.ts';

type Reopening = LocalHome & Harness & { dir: string; reopen(): Promise<Reopening> };

async function open(dir: string): Promise<Reopening> {
  const time = new VirtualTime();
  const home = await openLocalHome(dir, { clock: time, timer: time, environment: {} });
  return {
    ...home,
    dir,
    advance: (milliseconds) => time.advance(milliseconds),
    reopen: async () => {
      await home.close();
      return open(dir);
    },
    dispose: async () => {
      await home.close();
      removeFolder(dir);
    },
  };
}

const make = () => open(makeFolder());

queueContract('local', make);
feedContract('local', make);
workflowsContract('local', make);
eventsContract('local', () => new LocalEvents());
secretsContract('local', async () => ({ ...(await make()), absent: 'local:nothing' }));
blobsContract('local', async () => {
  const home = await make();
  return {
    ...home,
    damage: (workspaceId, { sha256 }) =>
      writeFile(join(home.dir, 'blobs', workspaceId, sha256.slice(0, 2), sha256), 'something else'),
  };
});
