import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { archive } from '../python/adopted-package.ts';
import { MAKING_MS } from '../python/runtime.ts';
import { dspex, type Finished, finished, openAdoptedHouse } from './adopted-house.ts';
import { exampleModel } from './adopted-model.ts';
import type { TestHouse } from './house.ts';

let house: TestHouse;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dspex-adopted-'));
  cpSync('examples/adopted', folder, { recursive: true });
  house = await openAdoptedHouse(exampleModel);
}, MAKING_MS);
afterAll(async () => {
  expect(house.faults).toEqual([]);
  await house.close();
  rmSync(folder, { recursive: true });
});

const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
const adopt = (...args: string[]) => dspex(house.client, 'adopt', ...args, '--path', folder, '--json');

async function ran(
  program: string,
  input: JsonObject,
  more: JsonObject = {},
): Promise<Finished & { output: JsonObject }> {
  const { location } = await house.client.call('programs', 'run', { id: program, input: { input, ...more } });
  return finished(house.client, 'executions', location);
}

const PLAIN = `import dspy

class Note(dspy.Module):
    def __init__(self):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")

    def forward(self, question: str, mark: str = "!", times: int | None = None, more: int = 0):
        return dspy.Prediction(answer=self.ask(question=question).answer, mark=mark, times=times)
`;

describe('a published version', { timeout: 60_000 }, () => {
  it('is what its files were when it was adopted, whatever becomes of them', async () => {
    write('note.py', PLAIN);
    const adopted = await adopt('note:Note', '--input', 'mark', '--input', 'times');
    expect(adopted.error).toBe('');
    expect(JSON.parse(adopted.out)).toMatchObject({
      ...{ name: 'note', version: 1, files: 1 },
      notes: [expect.stringContaining('keep it: more')],
    });
    write('note.py', PLAIN.replace('mark=mark', 'mark=mark + "?"'));
    expect(JSON.parse((await adopt('note:Note', '--input', 'mark', '--input', 'times')).out)).toMatchObject({
      name: 'note',
      version: 2,
    });
    write('note.py', 'broken (');
    const input = { question: 'Where was Alan Turing born?', mark: null, times: null };
    expect((await ran('note', input, { version: 1 })).output).toMatchObject({ mark: '!', times: null });
    expect((await ran('note', { ...input, mark: '.' }, { version: 2 })).output).toMatchObject({ mark: '.?' });
    expect((await ran('note', { ...input, times: 2 }, { version: 1 })).output).toMatchObject({ mark: '!', times: 2 });
  });

  it('is exported with everything but its files, and published again from that', async () => {
    const { body } = await house.client.call<{ text: string }>('programs', 'export', {
      id: 'note',
      input: { version: 1 },
    });
    const source = JSON.parse(body.text) as JsonObject;
    const again = await house.client.call<{ id: string }>('programs', 'create', {
      input: { name: 'note_again', source },
    });
    const checksum = async (id: string) =>
      (await house.client.version<{ body: { checksum: string } }>('programs', id, 1)).body.body.checksum;
    expect(await checksum(again.body.id)).toBe(await checksum('note'));
    const damaged = JSON.parse(
      body.text.replaceAll(/"sha256": "[0-9a-f]{64}"/g, `"sha256": "${'0'.repeat(64)}"`),
    ) as JsonObject;
    await house.client.call('programs', 'create', { input: { name: 'note_damaged', source: damaged } });
    expect(await ran('note_damaged', { question: 'q', mark: null, times: null })).toMatchObject({
      state: 'failed',
      failure: { name: 'Module.Unsupported', message: expect.stringContaining('adopt it here') },
    });
  });

  it('runs under other values of its variables for one execution', async () => {
    const run = await ran(
      'note',
      { question: 'Where was Alan Turing born?', mark: null, times: null },
      { version: 1, variables: { adapter: 'json', set_temperature: true, temperature: 0 } },
    );
    const { body } = await house.client.call<{ steps: { calls: { key: string }[] }[] }>('executions', 'trace', {
      id: run.id,
    });
    expect(run.state).toBe('completed');
    expect(body.steps[0]?.calls).toHaveLength(1);
    await expect(
      ran('note', { question: 'q', mark: null, times: null }, { variables: { adapter: 'baml' } }),
    ).rejects.toMatchObject({
      status: 400,
    });
  });
});

describe('adopting', { timeout: 60_000 }, () => {
  it.each([
    ['nothing', ['note'], 'wanted PACKAGE.MODULE:CLASS'],
    [
      'a package that is not there',
      ['nowhere.program:P'],
      'has neither nowhere/ nor nowhere.py; it has README.md, desk',
    ],
    ['a module that is not there', ['hops.nowhere:P'], 'there is no module hops.nowhere: hops has metric, program'],
    ['a function for a class', ['hops.program:look_up'], 'hops.program:look_up is no dspy.Module'],
    [
      'a metric that is none',
      ['hops.program:MultiHop', '--metric', 'hops.metric:nothing'],
      'hops.metric has no nothing',
    ],
    [
      'a file that is not there',
      ['hops.program:MultiHop', '--include', 'shared'],
      '--include shared: wanted a file or folder',
    ],
    ['a model nobody knows', ['hops.program:MultiHop', '--lm', 'nowhere'], 'nowhere'],
  ])('%s ends with what was wanted and what there is', async (_, args, message) => {
    const { code, error } = await adopt(...args);
    expect(error).toContain(message);
    expect(code).toBe(2);
  });

  it('outputs that the code does not tell are asked for, and may be given', async () => {
    write(
      'loose.py',
      'import dspy\n\nclass Loose(dspy.Module):\n    def forward(self, text):\n        return dict.fromkeys(["a", "b"], text)\n',
    );
    expect((await adopt('loose:Loose')).error).toContain('cannot be read from its forward');
    expect(JSON.parse((await adopt('loose:Loose', '--output', 'a', '--output', 'b')).out)).toMatchObject({
      notes: [expect.stringContaining('no predictors')],
    });
    expect((await ran('loose', { text: 'x' })).output).toEqual({ a: 'x', b: 'x' });
  });

  it('a lock without hashes, one that cannot be installed, and what is no archive are refused', async () => {
    write('hops/requirements.lock', 'snowballstemmer==3.1.1\n');
    expect((await adopt('hops.program:MultiHop')).error).toContain(
      'hops/requirements.lock needs a hash for every package',
    );
    write('hops/requirements.lock', `snowballstemmer==3.1.1 --hash=sha256:${'0'.repeat(64)}\n`);
    expect((await adopt('hops.program:MultiHop')).error).toContain('could not be installed');
    const upload = (content: Uint8Array) => ({
      input: { entry: 'a.b:C' },
      upload: { contentType: 'application/gzip', content },
    });
    for (const content of [Buffer.from('no gzip'), archive({}), archive({ '../a.py': '' }), archive({ 'a//b.py': '' })])
      await expect(house.client.call('programs', 'adopt', upload(content))).rejects.toMatchObject({
        status: 400,
        code: 'package_invalid',
      });
  });

  it('several models are a choice, and the metric may be tried on one pair', async () => {
    rmSync(join(folder, 'hops/requirements.lock'));
    const args = ['invoice.program:OrderReader', '--lm', 'scripted/test', '--lm', 'scripted/other'];
    const adopted = await adopt(...args, '--metric', 'invoice.metric:same_order');
    expect(JSON.parse(adopted.out)).toMatchObject({ name: 'order_reader', metric: 'order_reader_same_order' });
    const { body } = await house.client.version<{ body: { variables: { name: string; type: JsonObject }[] } }>(
      'programs',
      'order_reader',
      1,
    );
    expect(body.body.variables.find(({ name }) => name === 'lm')?.type).toEqual({
      kind: 'choice',
      choices: ['default', 'scripted/other'],
    });
    const [first = ''] = readFileSync('examples/adopted/invoice/data.jsonl', 'utf8').split('\n');
    const { labels } = JSON.parse(first) as { labels: JsonObject };
    const score = (outputs: JsonObject) =>
      house.client.call<{ value: number }>('metrics', 'score', {
        id: 'order_reader_same_order',
        input: { labels, outputs },
      });
    expect((await score(labels)).body.value).toBe(1);
    expect((await score({ ...labels, mood: 'angry' })).body.value).toBe(0.75);
    await expect(score({ mood: 'angry' })).rejects.toMatchObject({ status: 422, code: 'metric_failed' });
  });
});

describe('a program of native modules', { timeout: 120_000 }, () => {
  it('is learned by DSPy’s own optimizer as what it is when it is exported', async () => {
    const graph = {
      name: 'native_hops',
      ...{ input: { question: 'str' }, output: { answer: 'nodes.answer.answer' } },
      nodes: [{ id: 'answer', kind: 'module', module: 'answer', inputs: { question: 'input.question' } }],
      bindings: [
        { variable: 'words', to: ['nodes.answer.instructions'] },
        { variable: 'shown', to: ['nodes.answer.demos'] },
      ],
    };
    const modules = { answer: { type: 'chain_of_thought', signature: 'question -> answer' } };
    const variables = [
      { name: 'words', type: { kind: 'text' }, default: 'Answer in a word.' },
      { name: 'shown', type: { kind: 'demos' }, default: [] },
    ];
    const { client } = house;
    await client.call('programs', 'create', { input: { name: 'native_hops', source: { graph, modules, variables } } });
    await dspex(client, 'import', 'examples/adopted/hops/data.jsonl', '--dataset', 'hops');
    const started = await client.call('programs', 'optimize', {
      id: 'native_hops',
      input: {
        ...{ version: 1, dataset: 'hops', metric: { kind: 'contains', output: 'answer' } },
        optimizer: { strategy: 'python', config: { optimizer: 'COPRO', settings: { breadth: 2, depth: 1 } } },
      },
    });
    const { result } = await finished<
      Finished & { result: { reason: string; version: number; assignment: JsonObject } }
    >(client, 'optimizations', started.location);
    expect(result).toMatchObject({ reason: 'COPRO has ended', version: 2 });
    expect(result.assignment.words).toContain('Be careful');
  });
});
