import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '#lib/derive/client/client';
import { type Script, scriptedProvider } from '#lib/lm/scripted';
import { type House, openHouse } from '../../functions/house.ts';

export interface TestHouse {
  house: House;
  client: Client;
  key: string;
  dataDir: string;
  faults: string[];
  close(): Promise<void>;
}

/** The whole local product on a folder of its own, its `default` model scripted. */
export async function openTestHouse(
  script: Script,
  {
    dataDir,
    work = true,
    environment = {},
  }: { dataDir?: string; work?: boolean; environment?: NodeJS.ProcessEnv } = {},
): Promise<TestHouse> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'dspex-flow-')));
  const faults: string[] = [];
  const key = `dsk_${'0'.repeat(26)}_${'a'.repeat(43)}`;
  const house = await openHouse({
    dataDir: folder,
    environment: { ...environment, DSPEX_API_KEY: key },
    defaultModel: 'scripted/test',
    providers: { scripted: scriptedProvider(script) },
    onFault: (what, error) =>
      faults.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
  if (work) await house.work();
  const client = createClient({ apiKey: key, fetch: (request) => house.app.fetch(request) });
  return {
    house,
    client,
    key,
    dataDir: folder,
    faults,
    close: async () => {
      await house.close();
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A chat answer with these fields. */
export function chat(fields: Record<string, string>): string {
  const blocks = Object.entries(fields).map(([name, value]) => `[[ ## ${name} ## ]]\n${value}`);
  return `${blocks.join('\n\n')}\n\n[[ ## completed ## ]]\n`;
}

/** The id at the end of a `Location`. */
export function idOf(location: string | null): string {
  return location?.split('/').at(-1) ?? '';
}
