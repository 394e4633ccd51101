import { type ParseArgsConfig, parseArgs } from 'node:util';
import { DspexError } from '#lib/base/errors';
import { type Command, type Tools, WrongUsage } from './command.ts';
import { commands } from './commands.ts';
import { createScreen } from './screen.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Every command has them. */
const COMMON: Options = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  'data-dir': { type: 'string' },
};
const COMMON_DOCS: Record<string, string> = {
  help: 'show this',
  json: 'one JSON value on standard output, nothing else there',
  'data-dir': 'the data folder; default $DSPEX_DATA_DIR or .dspex',
};

interface Process {
  stdout: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  stderr: { write(text: string): unknown; isTTY?: boolean; columns?: number };
}

/** `dspex ARGS`; resolves with the exit code and never throws. */
export async function runCommandLine(
  args: readonly string[],
  tools: Tools,
  { stdout, stderr }: Process,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') {
    stdout.write(`${tools.version}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    stdout.write(`${await overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    stderr.write(`no command "${name}"; there are: ${Object.keys(commands).join(', ')}\n`);
    return 2;
  }
  const command = await load();
  try {
    const { values, positionals } = parse(command, rest);
    if (values.help === true) {
      stdout.write(`${helpOf(name, command)}\n`);
      return 0;
    }
    // A command whose `--json` takes a file writes there, and shows people what it does all the same.
    const json = values.json === true && !(command.jsonFile === true && positionals.length > 0);
    const screen = createScreen(json, { out: stdout, error: stderr });
    return await command.run({ values, positionals, screen, tools });
  } catch (error) {
    return report(error, name, command, stderr);
  }
}

function parse(command: Command, args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { ...COMMON, ...command.options } });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

function report(error: unknown, name: string, command: Command, stderr: Process['stderr']): number {
  if (error instanceof WrongUsage) {
    stderr.write(`${error.message}\nusage: dspex ${name} ${command.usage}\n`);
    return 2;
  }
  if (DspexError.is(error)) {
    stderr.write(`${error.message}\n`);
    const named = error.problems.filter(({ detail }) => !error.message.includes(detail));
    for (const { pointer, detail } of named.slice(0, 30)) stderr.write(`  ${pointer || '/'}: ${detail}\n`);
    return error.status >= 500 ? 1 : 2;
  }
  stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}

async function overview(): Promise<string> {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const all = await Promise.all(Object.entries(commands).map(async ([name, load]) => [name, await load()] as const));
  const lines = all.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `dspex: LLM programs as versioned, traced, evaluated and optimized resources\n\n${lines.join('\n')}\n\n"dspex COMMAND --help" says more. Every command takes --json.`;
}

function helpOf(name: string, command: Command): string {
  const docs: Record<string, string> = { ...command.optionDocs, ...COMMON_DOCS };
  const options = { ...command.options, ...COMMON };
  const flags = Object.entries(options).map(([flag, { type }]) => [
    `--${flag}${type === 'string' ? ' VALUE' : ''}`,
    docs[flag] ?? '',
  ]);
  const width = Math.max(...flags.map(([flag]) => (flag as string).length));
  return `${command.summary}\n\nusage: dspex ${name} ${command.usage}\n\n${flags.map(([flag, doc]) => `  ${(flag as string).padEnd(width)}  ${doc}`).join('\n')}`;
}
