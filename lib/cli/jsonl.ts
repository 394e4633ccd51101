import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Tools } from './command.ts';
import type { Screen } from './screen.ts';

/**
 * Answers each line of standard input with one line: `answer`'s value, or `{error}` when it throws. One process, any
 * number of lines; a bad line never ends it.
 */
export async function answerLines(
  tools: Tools,
  screen: Screen,
  answer: (line: unknown, text: string) => unknown,
): Promise<number> {
  const lines = createInterface({ input: Readable.from(tools.stdin), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    let result: unknown;
    try {
      result = answer(JSON.parse(line), line);
    } catch (error) {
      result = { error: error instanceof Error ? error.message : String(error) };
    }
    screen.result(result, (value) => JSON.stringify(value));
  }
  return 0;
}
