import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type BlackBoxSearch, searchBlackBox } from '#lib/optimizer/black-box/search';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import { type Telling, tellingOf } from '#lib/optimizer/black-box/telling';
import { type Command, type CommandCall, WrongUsage } from '../command.ts';
import { integer, required, text } from '../options.ts';

const MAX_TRIALS = 100_000;

export const search: Command = {
  summary: 'search any space: asks and is told in JSON Lines on standard streams',
  usage: '--space FILE [--strategy variable_search|random|grid] [--seed N] [--trials N] [--parallel N]',
  options: {
    space: { type: 'string' },
    strategy: { type: 'string' },
    seed: { type: 'string' },
    trials: { type: 'string' },
    parallel: { type: 'string' },
  },
  optionDocs: {
    space: 'JSON file {variables, objectives}; see docs/search.md',
    strategy: 'default variable_search',
    seed: 'default 0; the same seed and answers give the same trials',
    trials: 'default 100',
    parallel: 'trials open at the same time, default 1',
  },
  run: async (call) => {
    const searching = searchBlackBox(await spaceOf(required(call, 'space')), {
      strategy: text(call, 'strategy') ?? 'variable_search',
      seed: integer(call, 'seed') ?? 0,
      trials: countOf(call, 'trials', 100, MAX_TRIALS),
      parallel: countOf(call, 'parallel', 1, 1000),
    });
    const ended = await converse(call, searching);
    const { best, front, ...rest } = searching.outcome();
    write(call, { best, ...(front === undefined ? {} : { front }), ...rest, ...(ended ? {} : { complete: false }) });
    if (!ended) call.screen.warn('the input ended before every trial was told; the best so far was written');
    else if (best === null) call.screen.warn('no trial was told with values: there is no best');
    return ended && best !== null ? 0 : 1;
  },
};

/** Asks and listens; false when the input ended too early. */
async function converse(call: CommandCall, searching: BlackBoxSearch): Promise<boolean> {
  const open = new Set<number>();
  const askAll = (): boolean => {
    for (;;) {
      const asked = searching.ask();
      if (asked === 'waiting') return false;
      if (asked === null) return open.size === 0;
      open.add(asked.trial);
      write(call, { ask: asked });
    }
  };
  if (askAll()) return true;
  const lines = createInterface({ input: Readable.from(call.tools.stdin), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    const telling = tellingOf(line);
    const trouble = typeof telling === 'string' ? telling : tell(searching, telling, open);
    // An answer that cannot be used is said and waited for again: one stray line must not cost a long search.
    if (trouble !== null) {
      write(call, { error: { line: number, message: trouble } });
      call.screen.warn(`line ${number}: ${trouble}`);
    } else if (askAll()) return true;
  }
  return false;
}

function tell(searching: BlackBoxSearch, { trial, result }: Telling, open: Set<number>): string | null {
  const trouble = searching.tell(trial, result);
  if (trouble === null) open.delete(trial);
  return trouble;
}

async function spaceOf(path: string) {
  const source = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new WrongUsage(`cannot read ${path}: ${error.code}`);
  });
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new WrongUsage(`${path} is no JSON: ${(error as Error).message}`);
  }
  return readSpaceFile(value);
}

function countOf(call: CommandCall, name: string, otherwise: number, most: number): number {
  const count = integer(call, name) ?? otherwise;
  if (count >= 1 && count <= most) return count;
  throw new WrongUsage(`--${name} wants a number from 1 to ${most}, there was ${count}`);
}

// Always JSON Lines: another program reads them, with or without --json.
const write = (call: CommandCall, value: unknown): void => call.screen.result(value, (one) => JSON.stringify(one));
