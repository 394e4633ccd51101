import type { Command, Connection } from '../command.ts';
import { connected, positional, text } from '../options.ts';
import { readProgramFile } from '../program-file.ts';

interface Published {
  id: string;
  name: string;
  version: number;
}

export const publish: Command = {
  summary: 'publish a program file (YAML or JSON) as a new version',
  usage: 'FILE [--name NAME]',
  options: { name: { type: 'string' } },
  optionDocs: { name: 'default: the name in the file' },
  run: (call) =>
    connected(call, async ({ client }) => {
      const { name, source } = await readProgramFile(positional(call, 0, 'FILE'));
      const published = await publishSource(client, text(call, 'name') ?? name, source);
      call.screen.result(published, ({ id, version }) => `${published.name}@${version} (${id})`);
      return 0;
    }),
};

/** A program of that name with this source as its newest version; made when it is not there. */
export async function publishSource(client: Connection['client'], name: string, source: unknown): Promise<Published> {
  const found = await client.get<{ id: string; name: string }>('programs', name).catch((error: { status?: number }) => {
    if (error.status === 404) return null;
    throw error;
  });
  const { body } =
    found === null
      ? await client.call<Record>('programs', 'create', { input: { name, source } })
      : await client.call<Record>('programs', 'publish', { id: found.body.id, input: { source } });
  return { id: body.id, name: body.name, version: body.latestVersion };
}

interface Record {
  id: string;
  name: string;
  latestVersion: number;
}
