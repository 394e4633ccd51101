import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { runCommandLine } from '#lib/cli/main';

async function compiling(args: string[], stdin = ''): Promise<{ code: number; out: string; error: string }> {
  let out = '';
  let error = '';
  const tools = { version: '0', environment: {}, stdin: Readable.from([Buffer.from(stdin)]) } as never;
  const code = await runCommandLine(['compile', ...args], tools, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (error += text) },
  });
  return { code, out, error };
}

const FILE = 'examples/support-triage/program.yaml';
const graph = {
  name: 'g',
  input: { q: 'str' },
  output: { a: 'nodes.a' },
  nodes: [{ id: 'a', kind: 'transform', expression: 'input.q' }],
};

it('prints the state machine of a file, or draws it', async () => {
  const { code, out } = await compiling([FILE]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ StartAt: 'Begin', QueryLanguage: 'JSONata' });
  expect((await compiling([FILE, '--json'])).out).toContain('"StartAt"');
  expect((await compiling([FILE, '--picture'])).out).toMatch(/^flowchart TD/);
});

it('answers a line for each line, and a bad one names what is wrong', async () => {
  const many = { ...graph, nodes: Array.from({ length: 1000 }, (_, i) => ({ ...graph.nodes[0], id: `n${i}` })) };
  const lines = [graph, { program: { graph } }, { ...graph, output: { a: 'nodes.b' } }, many, 7].map((line) =>
    JSON.stringify(line),
  );
  const { out } = await compiling(['--jsonl'], `${lines.join('\n')}\nnot json\n`);
  const [first, second, ...bad] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { asl?: object; error?: string });
  expect(first?.asl).toEqual(second?.asl);
  expect(first?.asl).toHaveProperty('StartAt', 'Begin');
  expect(bad.map(({ error }) => error)).toEqual([
    expect.stringContaining('there is no node b'),
    expect.stringContaining('child programs'),
    expect.any(String),
    expect.any(String),
  ]);
});
