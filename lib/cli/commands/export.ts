import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, CommandCall } from '../command.ts';
import { WrongUsage } from '../command.ts';
import { connected, jsonObject, positional, text } from '../options.ts';
import { numbers, optional } from './eval.ts';

interface Exported {
  format: string;
  text: string;
  files: Record<string, string>;
  notes: string[];
}

const TARGETS = ['dspy', 'typescript', 'messages'];

export const exportCommand: Command = {
  summary: 'a program version as a file that publishes the same program again, or for DSPy, TypeScript or any client',
  usage: 'PROGRAM [--version N | --alias NAME] [--format yaml|json] [--to dspy|typescript|messages] [--out FILE|DIR]',
  options: {
    version: { type: 'string' },
    alias: { type: 'string' },
    format: { type: 'string' },
    to: { type: 'string' },
    base: { type: 'string' },
    input: { type: 'string' },
    nodes: { type: 'string' },
    out: { type: 'string' },
  },
  optionDocs: {
    version: 'default: "live", else the newest',
    alias: 'what this alias points at',
    format: 'default yaml',
    to: 'dspy: state, Python and sidecar; typescript: a module; messages: what a model is sent for --input',
    base: 'dspy: an earlier state, whose members a version has no place for are kept',
    input: 'messages: the input, as JSON or @FILE',
    nodes: 'messages: values of nodes a model would have answered, as JSON or @FILE',
    out: 'a file (a folder with --to); default: standard output',
  },
  run: (call) =>
    connected(call, async ({ client }) => {
      const to = text(call, 'to');
      if (to !== undefined && !TARGETS.includes(to))
        throw new WrongUsage(`--to wants one of ${TARGETS.join(', ')}, there was "${to}"`);
      const { body } = await client.call<Exported>('programs', 'export', {
        id: positional(call, 0, 'PROGRAM'),
        input: {
          format: 'yaml',
          ...optional(call, ['alias', 'format']),
          ...numbers(call, ['version']),
          ...(to === undefined ? {} : { format: to, ...(await forOthers(call)) }),
        },
      });
      const out = text(call, 'out');
      if (out === undefined) call.screen.result(body, ({ text: exported }) => exported.trimEnd());
      else if (to === undefined) {
        await writeFile(out, body.text);
        call.screen.result({ file: out }, () => `written to ${out}`);
      } else {
        await mkdir(out, { recursive: true });
        for (const [name, content] of Object.entries(body.files)) await writeFile(join(out, name), content);
        const files = Object.keys(body.files).map((name) => join(out, name));
        const notes = body.notes.map((note) => `note: ${note}`);
        call.screen.result({ files, notes: body.notes }, () => [`written: ${files.join(', ')}`, ...notes].join('\n'));
      }
      return 0;
    }),
};

async function forOthers(call: CommandCall): Promise<Record<string, unknown>> {
  const base = text(call, 'base');
  const [input, nodes] = await Promise.all([jsonObject(call, 'input'), jsonObject(call, 'nodes')]);
  const state =
    base === undefined
      ? undefined
      : await readFile(base, 'utf8').catch((error: NodeJS.ErrnoException) => {
          throw new WrongUsage(`cannot read ${base}: ${error.code}`);
        });
  return {
    ...(state === undefined ? {} : { base: state }),
    ...(input === undefined ? {} : { input }),
    ...(nodes === undefined ? {} : { nodes }),
  };
}
