import { writeFile } from 'node:fs/promises';
import type { Command } from '../command.ts';
import { connected, positional, text } from '../options.ts';
import { numbers, optional } from './eval.ts';

export const exportCommand: Command = {
  summary: 'a program version as a file that publishes the same program again',
  usage: 'PROGRAM [--version N | --alias NAME] [--format yaml|json] [--out FILE]',
  options: {
    version: { type: 'string' },
    alias: { type: 'string' },
    format: { type: 'string' },
    out: { type: 'string' },
  },
  optionDocs: {
    version: 'default: "live", else the newest',
    alias: 'what this alias points at',
    format: 'default yaml',
    out: 'default: standard output',
  },
  run: (call) =>
    connected(call, async ({ client }) => {
      const { body } = await client.call<{ format: string; text: string }>('programs', 'export', {
        id: positional(call, 0, 'PROGRAM'),
        input: { format: 'yaml', ...optional(call, ['alias', 'format']), ...numbers(call, ['version']) },
      });
      const out = text(call, 'out');
      if (out === undefined) call.screen.result(body, ({ text: exported }) => exported.trimEnd());
      else {
        await writeFile(out, body.text);
        call.screen.result({ file: out }, () => `written to ${out}`);
      }
      return 0;
    }),
};
