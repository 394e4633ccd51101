import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { chat, openTestHouse, type TestHouse } from '../flow/house.ts';
import { MAKING_MS, PYTHON_FOLDER, realPython } from '../python/runtime.ts';

let house: TestHouse | undefined;
afterEach(() => house?.close());

const SOURCE = {
  graph: {
    name: 'doubles',
    input: { number: 'int' },
    output: { double: 'nodes.add.double' },
    nodes: [
      { id: 'say', kind: 'module', module: 'say', inputs: { number: 'input.number' } },
      { id: 'add', kind: 'module', module: 'add', inputs: { number: 'input.number', word: 'nodes.say.word' } },
    ],
  },
  modules: {
    say: { type: 'predict', implementation: 'python', signature: 'number: int -> word' },
    add: { type: 'chain_of_thought', implementation: 'python', signature: 'number: int, word -> double: int' },
  },
};
const RUNS = 30;
const KILLS = 8;

/** Kills a Python worker of this process, in the middle of whatever it does; false when there is none. */
function killWorker(): boolean {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      if (Number(parent) !== process.pid || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dspex_host'))
        continue;
      process.kill(Number(pid), 'SIGKILL');
      return true;
    } catch {
      // It has ended by itself.
    }
  }
  return false;
}

// Workers are found through /proc.
describe.runIf(process.platform === 'linux')(
  'Python workers killed in the middle of a call',
  { timeout: MAKING_MS },
  () => {
    test('lose no execution, and every model answer is paid once', async () => {
      await (await realPython()).close();
      let [calls, killed] = [0, 0];
      const asked = new Set<string>();
      house = await openTestHouse(
        ({ messages }) => {
          calls++;
          asked.add(JSON.stringify(messages));
          if (calls % 6 === 0 && killed < KILLS) killed += Number(killWorker());
          const n = Number(/\[\[ ## number ## \]\]\n(\d+)/.exec(String(messages.at(-1)?.content))?.[1]);
          return JSON.stringify(messages).includes('[[ ## word ## ]]\\nn')
            ? chat({ reasoning: 'twice', double: String(2 * n) })
            : chat({ word: `n${n}` });
        },
        { environment: { PATH: process.env.PATH, DSPEX_PYTHON_FOLDER: PYTHON_FOLDER } },
      );
      const { client } = house;
      const { body: program } = await client.call<{ id: string }>('programs', 'create', {
        input: { name: 'doubles', source: SOURCE as never },
      });
      const runs = await Promise.all(
        Array.from({ length: RUNS }, (_, number) =>
          client.call<JsonObject>('programs', 'run', { id: program.id, input: { input: { number } } }),
        ),
      );
      for (const [number, { location }] of runs.entries()) {
        const id = location?.split('/').at(-1) ?? '';
        for await (const _ of client.stream('executions', id, 'events'));
        const { body } = await client.get('executions', id);
        expect(body).toMatchObject({ state: 'completed', output: { double: 2 * number } });
      }
      expect(killed).toBe(KILLS);
      expect(asked.size).toBe(2 * RUNS);
      expect(calls).toBe(asked.size);
    });
  },
);
