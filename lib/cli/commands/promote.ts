import type { Command, CommandCall } from '../command.ts';
import { WrongUsage } from '../command.ts';
import { connected, positional, text } from '../options.ts';

interface Program {
  id: string;
  name: string;
  aliases: Record<string, { version: number }>;
}

export const promote: Command = {
  summary: 'point an alias (default "live") at a version',
  usage: 'PROGRAM VERSION [--alias NAME]',
  options: { alias: { type: 'string' } },
  optionDocs: { alias: 'default live' },
  run: (call) => {
    const version = Number(positional(call, 1, 'VERSION'));
    if (!Number.isInteger(version))
      throw new WrongUsage(`VERSION wants a whole number, there was "${call.positionals[1]}"`);
    return point(call, 'promote', { version });
  },
};

export const rollback: Command = {
  summary: 'point an alias back at the version it pointed at before',
  usage: 'PROGRAM [--alias NAME]',
  options: { alias: { type: 'string' } },
  optionDocs: { alias: 'default live' },
  run: (call) => point(call, 'rollback', {}),
};

function point(call: CommandCall, action: 'promote' | 'rollback', input: { version?: number }): Promise<number> {
  const alias = text(call, 'alias') ?? 'live';
  return connected(call, async ({ client }) => {
    const { body, rev } = await client.get<Program>('programs', positional(call, 0, 'PROGRAM'));
    const changed = await client.call<Program & { [key: string]: never }>('programs', action, {
      id: body.id,
      input: { alias, ...input },
      ...(rev === null ? {} : { ifMatch: rev }),
    });
    call.screen.result(
      changed.body,
      (program) => `${program.name}@${alias} -> version ${program.aliases[alias]?.version}`,
    );
    return 0;
  });
}
