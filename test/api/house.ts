import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#lib/base/clock';
import { newId } from '#lib/base/id';
import { createApp } from '#lib/derive/http/app';
import type { AppOptions } from '#lib/derive/http/front';
import { apiKeyItem, newToken } from '#lib/kernel/authenticate';
import { createKernel, type Kernel } from '#lib/kernel/kernel';
import type { Role } from '#lib/kernel/resource';
import { openLocalHome } from '#lib/local/home';
import { HOUSE, Services } from './resources.ts';

export interface Api {
  app: ReturnType<typeof createApp>;
  kernel: Kernel;
  services: Services;
  /** Keys: an admin and a viewer of one workspace, an admin of another. */
  admin: string;
  viewer: string;
  stranger: string;
  faults: unknown[];
  close(): Promise<void>;
}

/** A whole API on a data folder of its own. */
export async function openApi(options: Partial<AppOptions> = {}): Promise<Api> {
  const folder = await mkdtemp(join(tmpdir(), 'dspex-api-'));
  const home = await openLocalHome(folder);
  const services = new Services();
  const kernel = createKernel({
    resources: HOUSE,
    store: home.store,
    blobs: home.blobs,
    clock: systemClock,
    services: () => services,
  });
  const keyFor = async (workspaceId: string, role: Role) => {
    const token = newToken(newId('key'));
    await home.store.transact([{ put: apiKeyItem(token, { workspaceId, roles: [role], expiresAt: null }) }]);
    return token;
  };
  const [ours, theirs] = [newId('wsp'), newId('wsp')];
  const faults: unknown[] = [];
  const app = createApp({
    kernel,
    cursorKey: 'a key for cursors',
    onFault: ({ error }) => void faults.push(error),
    ...options,
  });
  return {
    ...{ app, kernel, services, faults },
    admin: await keyFor(ours, 'admin'),
    viewer: await keyFor(ours, 'viewer'),
    stranger: await keyFor(theirs, 'admin'),
    async close() {
      await home.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Said {
  status: number;
  headers: Headers;
  // Tests look into answers of every shape.
  body: Record<string, never> & { [name: string]: unknown };
}

/** One request without a socket: `say(api, 'POST /v1/notes', { body: { title: 'x' } })`. */
export async function say(
  { app, admin }: Pick<Api, 'app' | 'admin'>,
  line: string,
  options: {
    body?: unknown;
    raw?: string | Uint8Array | ReadableStream<Uint8Array>;
    headers?: Record<string, string>;
    key?: string | null;
  } = {},
): Promise<Said> {
  const [method = 'GET', path = '/'] = line.split(' ');
  const key = options.key === undefined ? admin : options.key;
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const headers = {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...options.headers,
  };
  const init = { method, headers, ...(body === undefined ? {} : { body, duplex: 'half' }) } as RequestInit;
  const response = await app.request(path, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? JSON.parse(text) : { text },
  };
}
