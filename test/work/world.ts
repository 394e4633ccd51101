import { onTestFinished } from 'vitest';
import { systemClock } from '#lib/base/clock';
import type { JsonObject } from '#lib/base/json';
import { type Client, createClient } from '#lib/derive/client/client';
import { relay } from '#lib/kernel/outbox';
import { type Script, scriptedProvider } from '#lib/lm/scripted';
import { MESSAGES, messageKey } from '#lib/ports/messages';
import type { QueueName } from '#lib/ports/queue';
import type { Hold, Home } from '#lib/work/home';
import type { Messages } from '#lib/work/reconcile';
import { type House, openHouse } from '../../functions/house.ts';
import { makeFolder, removeFolder } from '../local/folder.ts';

export const KEY = `dsk_${'0'.repeat(26)}_${'a'.repeat(43)}`;

/** The local product without its workers: a test hands each message to a worker itself, when and as often as it likes. */
export interface World {
  house: House;
  home: Home;
  client: Client;
  workspaceId: string;
  /** Of a message on behalf of the admin key. */
  origin: { v: 1; workspaceId: string; principal: string };
  /** What reconciling sees of the queues. */
  messages: Messages;
  /** Moves what the outbox holds into the queues. */
  relayed(): Promise<void>;
  waiting(queue: QueueName): Promise<string[]>;
  clientFor(key: string): Client;
  restart(): Promise<World>;
}

export async function openWorld(
  script: Script,
  dir?: string,
  environment: Record<string, string> = {},
): Promise<World> {
  const dataDir = dir ?? makeFolder();
  if (dir === undefined) onTestFinished(() => removeFolder(dataDir));
  const house = await openHouse({
    dataDir,
    environment: { PATH: process.env.PATH, DSPEX_API_KEY: KEY, ...environment },
    defaultModel: 'scripted/test',
    providers: { scripted: scriptedProvider(script) },
  });
  let open = true;
  const close = async () => {
    if (open) await house.close();
    open = false;
  };
  onTestFinished(close);
  const { workspaceId, services, kernel } = house;
  const principal = `key_${'0'.repeat(26)}`;
  const send: Messages['send'] = (queue, message) =>
    house.home.queue.send(queue, JSON.stringify(message), { key: messageKey(queue, message) });
  const relayed = async () => {
    const feed = await house.home.feed.start((items) =>
      relay(items, {
        queue: { send: (queue, body) => send(queue, MESSAGES[queue].parse(JSON.parse(body)) as never) },
        events: services.events,
      }),
    );
    await feed.caughtUp();
    await feed.stop();
  };
  const clientFor = (apiKey: string) =>
    createClient({ apiKey, fetch: (request: Request) => Promise.resolve(house.app.fetch(request)) });
  return {
    ...{ house, workspaceId, relayed, clientFor },
    home: {
      ...{ kernel, services, clock: systemClock, effects: {} },
      outbound: () => Promise.reject(new Error('nothing is to leave this test')),
      later: (message, delaySeconds) =>
        house.home.queue.send('job', JSON.stringify(message), { key: messageKey('job', message), delaySeconds }),
    },
    client: clientFor(KEY),
    origin: { v: 1, workspaceId, principal },
    messages: { caughtUp: relayed, keys: (queue) => house.home.queue.keys(queue), send },
    waiting: async (queue) => [...(await house.home.queue.keys(queue)).waiting],
    restart: async () => {
      await close();
      return openWorld(script, dataDir, environment);
    },
  };
}

/** Nobody takes the message away. */
export const held = (): Hold => ({ signal: new AbortController().signal });

export function chat(fields: Record<string, string>): string {
  const blocks = Object.entries(fields).map(([name, value]) => `[[ ## ${name} ## ]]\n${value}`);
  return `${blocks.join('\n\n')}\n\n[[ ## completed ## ]]\n`;
}

/** `nodes` one after the other; modules are `predict`s by their signatures. */
export async function createProgram(
  { client }: World,
  name: string,
  graph: JsonObject,
  modules: Record<string, string>,
  rest: JsonObject = {},
): Promise<void> {
  const specs = Object.fromEntries(
    Object.entries(modules).map(([module, signature]) => [module, { type: 'predict', signature }]),
  );
  await client.call('programs', 'create', {
    input: { name, source: { graph: { name, ...graph }, modules: specs, ...rest } },
  });
}

export async function run({ client }: World, program: string, input: JsonObject): Promise<string> {
  const { body } = await client.call<{ id: string }>('programs', 'run', { id: program, input: { input } });
  return body.id;
}

/** A moment that the test decides on. */
export function gate(): { reached: Promise<void>; pass: () => Promise<void>; open: () => void } {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    pass: () => {
      reached.resolve();
      return opened.promise;
    },
    open: opened.resolve,
  };
}
