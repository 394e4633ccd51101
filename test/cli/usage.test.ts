import { describe, expect, test } from 'vitest';
import { commands } from '#lib/cli/commands';
import { dspex } from './dspex.ts';

describe('the command line', () => {
  test('every command has a help that names each of its options and says what it is for', async () => {
    for (const [name, load] of Object.entries(commands)) {
      const command = await load();
      for (const option of Object.keys(command.options ?? {})) {
        expect(command.optionDocs?.[option], `dspex ${name} --${option}`).toBeTruthy();
      }
    }
    const { code, out } = await dspex(['optimize', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('usage: dspex optimize PROGRAM');
    expect(out).toContain('--promote');
    expect(out).toContain('--json');
  });

  test('a command that is not there ends with 2 and lists those that are', async () => {
    const { code, out, error } = await dspex(['optimise']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain('no command "optimise"; there are: demo');
  });

  test('an unknown option and a missing argument end with 2 and show the usage', async () => {
    const unknown = await dspex(['run', 'x', '--nonsense']);
    expect(unknown.code).toBe(2);
    expect(unknown.error).toMatch(/nonsense.*\nusage: dspex run/s);
    const missing = await dspex(['promote', 'x']);
    expect(missing.code).toBe(2);
    expect(missing.error).toContain('VERSION is missing');
  });

  test('an older Node is told which one is needed, before anything else is loaded', async () => {
    const { execFileSync } = await import('node:child_process');
    const script = `Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } }); import('./functions/require-node.mjs')`;
    expect(() => execFileSync(process.execPath, ['-e', script], { stdio: 'pipe' })).toThrow(/dspex needs Node 24/);
  });
});

describe('render and parse in bulk', () => {
  test('answer each line with a line, and a bad one with an error without ending', async () => {
    const lines = [
      '{"signature":"question -> answer: int","inputs":{"question":"hi"}}',
      '{"signature":"no arrow","inputs":{}}',
      'no json',
      '{"signature":"n: float -> answer","inputs":{"n":1.0}}',
    ];
    const { code, out } = await dspex(['render', '--adapter', 'chat', '--jsonl'], { stdin: lines.join('\n') });
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(answers.map((answer) => Object.keys(answer))).toEqual([['messages'], ['error'], ['error'], ['messages']]);
    expect(answers[3].messages.at(-1).content).toContain('[[ ## n ## ]]\n1.0\n');
  });

  test('parse reads fields by their declared types', async () => {
    const line = JSON.stringify({
      signature: 'q -> a: int, b: bool',
      completion: '[[ ## a ## ]]\n3\n\n[[ ## b ## ]]\nyes\n\n[[ ## completed ## ]]\n',
    });
    const { out } = await dspex(['parse', '--jsonl'], { stdin: line });
    expect(JSON.parse(out)).toEqual({ fields: { a: 3, b: true } });
  });
});
