import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { dspex, newFolder } from './dspex.ts';

const space = {
  variables: [
    { name: 'x', type: 'float', min: 0, max: 1 },
    { name: 'kind', type: 'choice', choices: ['a', 'b'] },
    { name: 'depth', type: 'integer', min: 1, max: 5, when: { kind: 'b' } },
  ],
  objectives: [{ name: 'loss', goal: 'minimize' }],
};

async function spaceFile(source: unknown = space): Promise<string> {
  const path = join(await newFolder(), 'space.json');
  await writeFile(path, typeof source === 'string' ? source : JSON.stringify(source));
  return path;
}

type Line = Record<string, never> & { ask?: { trial: number; assignment: Record<string, never> } };

/** A driver in a process of its own: `answer` says the line to a trial. */
async function drive(args: string[], answer: (ask: { trial: number; assignment: Record<string, unknown> }) => string) {
  const child = spawn(process.execPath, ['functions/node24.mjs', 'search', ...args]);
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.ask !== undefined) child.stdin.write(`${answer(line.ask)}\n`);
  }
  const code = await new Promise((resolve) =>
    child.exitCode === null ? child.on('exit', resolve) : resolve(child.exitCode),
  );
  return { lines, code };
}

const told = (trial: number, loss: number): string => JSON.stringify({ tell: { trial, objectives: { loss } } });

describe('dspex search', () => {
  test('asks, is told, and ends with the best, without a server or a data folder', async () => {
    const path = await spaceFile();
    const { lines, code } = await drive(['--space', path, '--seed', '3', '--trials', '15'], ({ trial, assignment }) =>
      told(trial, Math.abs(Number(assignment.x) - 0.3) + (assignment.kind === 'b' ? 0 : 1)),
    );
    expect(code).toBe(0);
    expect(lines.slice(0, 15).map(({ ask }) => ask?.trial)).toEqual(Array.from({ length: 15 }, (_, k) => k));
    for (const { ask } of lines.slice(0, 15))
      expect('depth' in (ask?.assignment ?? {})).toBe(ask?.assignment.kind === 'b');
    expect(lines).toHaveLength(16);
    expect(lines[15]).toMatchObject({ best: { assignment: { kind: 'b' } }, completed: 15, failed: 0 });
  });

  test('keeps as many trials open as it is told to, and ends with the front of several objectives', async () => {
    const path = await spaceFile({ ...space, objectives: [...space.objectives, { name: 'gain', goal: 'maximize' }] });
    const { lines, code } = await drive(
      ['--space', path, '--trials', '12', '--parallel', '4'],
      ({ trial, assignment }) =>
        JSON.stringify({ tell: { trial, objectives: { loss: assignment.x, gain: assignment.x } } }),
    );
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ best: { trial: expect.any(Number) }, front: expect.any(Array) });
  });

  test('answers a line it cannot use with an error and waits for a better one', async () => {
    const stdin = ['nonsense', '{"tell":{"trial":9,"failed":"x"}}', told(0, 1), told(0, 1), '', told(1, 0.5)].join(
      '\n',
    );
    const { code, out, error } = await dspex(['search', '--space', await spaceFile(), '--trials', '2'], { stdin });
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(['ask', 'error', 'error', 'ask', 'error', 'best']);
    expect(lines[1].error).toMatchObject({ line: 1, message: expect.stringContaining('wanted {"tell"') });
    expect(lines.at(-1).best).toMatchObject({ trial: 1, objectives: { loss: 0.5 } });
    expect(error).toContain('line 2: no trial 9: asked were 0 to 0');
    expect(code).toBe(0);
  });

  test('ends with 1 and the best so far when the input ends in the middle', async () => {
    const { code, out, error } = await dspex(['search', '--space', await spaceFile(), '--trials', '9'], {
      stdin: told(0, 1),
    });
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({ best: { trial: 0 }, complete: false });
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('the input ended before every trial') });
  });

  test('ends with 2 and says why when it cannot begin', async () => {
    const path = await spaceFile();
    const cases: [string[], string][] = [
      [[], '--space is missing'],
      [['--space', '/nowhere/x.json'], 'cannot read /nowhere/x.json: ENOENT'],
      [['--space', await spaceFile('{')], 'is no JSON'],
      [['--space', await spaceFile({ ...space, objectives: [] })], '/objectives'],
      [['--space', path, '--trials', '0'], '--trials wants a number from 1 to 100000, there was 0'],
      [['--space', path, '--trials', 'many'], '--trials wants a whole number'],
      [['--space', path, '--strategy', 'magic'], 'there are variable_search, random, grid'],
    ];
    for (const [args, message] of cases) {
      const { code, out, error } = await dspex(['search', ...args]);
      expect({ code, out }, args.join(' ')).toEqual({ code: 2, out: '' });
      expect(error).toContain(message);
    }
  });
});
