import { newId } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import { createClient } from '#lib/derive/client/client';
import { scriptedProvider } from '#lib/lm/scripted';
import { openLocalHome } from '#lib/local/home';
import type { Item } from '#lib/ports/store';
import { openHouse } from '../../functions/house.ts';

/** A data folder with one program and `count` executions of it: one made by the product itself, the others its copies. */
export async function seedFolder(dataDir: string, key: string, count: number): Promise<void> {
  const answer = '[[ ## label ## ]]\nspam\n\n[[ ## completed ## ]]';
  const house = await openHouse({
    ...{ dataDir, environment: { DSPEX_API_KEY: key }, defaultModel: 'scripted/bench' },
    providers: { scripted: scriptedProvider(() => answer) },
  });
  await house.work();
  const client = createClient({ apiKey: key, fetch: (request) => Promise.resolve(house.app.fetch(request)) });
  const source = {
    graph: {
      name: 'spam',
      input: { text: 'str' },
      output: { label: 'nodes.decide.label' },
      nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    },
    modules: { decider: { type: 'predict', signature: 'text -> label' } },
  };
  await client.call('programs', 'create', { input: { name: 'spam', source } });
  const { body } = await client.call<{ id: string }>('programs', 'run', {
    ...{ id: 'spam', wait: true },
    input: { input: { text: 'win a prize '.repeat(10) } },
  });
  const { workspaceId } = house;
  await house.close();
  if (count > 1) await copy(dataDir, workspaceId, body.id, count - 1);
}

async function copy(dataDir: string, workspaceId: string, id: string, count: number): Promise<void> {
  const { store, close } = await openLocalHome(dataDir);
  const root = `W#${workspaceId}#Execution#${id}`;
  const originals: Item[] = [];
  for (const pk of [root, `${root}#step`, `${root}#lease`])
    originals.push(...(await store.query({ pk, limit: 100 })).items);
  const now = Date.now();
  const copies = (n: number): { put: Item }[] => {
    const other = newId('exe', now + n);
    const renamed = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(id, other));
    return originals.map((item) => {
      // Their events were delivered long ago.
      const { feed: _, ...rest } = renamed(item) as Item;
      return { put: { ...rest, data: rest.data as JsonObject } };
    });
  };
  const each = Math.floor(100 / originals.length);
  let waiting: Promise<void>[] = [];
  for (let n = 0; n < count; n += each) {
    const operations = Array.from({ length: Math.min(each, count - n) }, (_, k) => copies(n + k)).flat();
    waiting.push(store.transact(operations));
    if (waiting.length < 64) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  await close();
}
