import { Readable } from 'node:stream';
import type { JsonObject } from '#lib/base/json';
import { runCommandLine } from '#lib/cli/main';
import type { Client } from '#lib/derive/client/client';
import type { Script } from '#lib/lm/scripted';
import { PYTHON_FOLDER, realPython } from '../python/runtime.ts';
import { openTestHouse, type TestHouse } from './house.ts';

/** The whole local product with the real Python; its environment is made before anybody counts seconds. */
export async function openAdoptedHouse(script: Script, dataDir?: string): Promise<TestHouse> {
  await (await realPython()).close();
  const environment = { PATH: process.env.PATH, DSPEX_PYTHON_FOLDER: PYTHON_FOLDER, ...indexOf(process.env) };
  return openTestHouse(script, { environment, ...(dataDir === undefined ? {} : { dataDir }) });
}

/** What pip needs to know of the machine. */
function indexOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => /^(PIP_|UV_|SSL_CERT|REQUESTS_CA|HOME$|https?_proxy$)/i.test(name)),
  );
}

/** `dspex ...` against a house that is open already, as somebody types it. */
export async function dspex(client: Client, ...args: string[]): Promise<{ code: number; out: string; error: string }> {
  let out = '';
  let error = '';
  const connection = { client, address: null, close: async () => {} };
  const tools = { version: '0', environment: {}, stdin: Readable.from([]), connect: async () => connection } as never;
  const code = await runCommandLine(args, tools, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (error += text) },
  });
  return { code, out, error };
}

export interface Finished extends JsonObject {
  id: string;
  state: string;
}

/** Waits for the end of an execution, an evaluation or an optimization, as a user would: by its events. */
export async function finished<T extends Finished = Finished>(
  client: Client,
  kind: string,
  location: string | null,
): Promise<T> {
  const id = location?.split('/').at(-1) ?? '';
  for await (const { event, data } of client.stream(kind, id, 'events')) if (event === 'end') return data as T;
  throw new Error(`the events of ${id} ended early`);
}
