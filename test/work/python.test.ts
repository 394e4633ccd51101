import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { driveExecution } from '#lib/work/execution';
import { MAKING_MS, PYTHON_FOLDER, realPython } from '../python/runtime.ts';
import { chat, held, openWorld, run, type World } from './world.ts';

const MODULES: JsonObject = {
  guess: { type: 'predict', signature: 'question -> guess', implementation: 'python' },
  think: { type: 'chain_of_thought', signature: 'question, guess -> answer: int', implementation: 'python' },
};
const answers = ({ messages }: { messages: readonly unknown[] }) =>
  JSON.stringify(messages).includes('reasoning') ? chat({ reasoning: 'so', answer: '4' }) : chat({ guess: 'even' });

async function createProgram({ client }: World, name: string, implementation: string): Promise<void> {
  const modules = Object.fromEntries(
    Object.entries(MODULES).map(([id, module]) => [id, { ...(module as JsonObject), implementation }]),
  );
  const graph = {
    name,
    input: { question: 'str' },
    output: { answer: 'nodes.think.answer' },
    nodes: [
      { id: 'guess', kind: 'module', module: 'guess', inputs: { question: 'input.question' } },
      {
        id: 'think',
        kind: 'module',
        module: 'think',
        inputs: { question: 'input.question', guess: 'nodes.guess.guess' },
      },
    ],
  };
  await client.call('programs', 'create', { input: { name, source: { graph, modules } } });
}

async function driven(world: World, program: string): Promise<{ execution: JsonObject; steps: JsonObject[] }> {
  const executionId = await run(world, program, { question: '2+2?' });
  await world.relayed();
  await driveExecution(world.home, { ...world.origin, executionId }, held());
  const { body: execution } = await world.client.get<JsonObject>('executions', executionId);
  const { body } = await world.client.call<{ steps: JsonObject[] }>('executions', 'trace', { id: executionId });
  return { execution, steps: body.steps };
}

describe('a program with Python modules', { timeout: MAKING_MS }, () => {
  it('runs through the API; its steps say so, and a native twin finds every model call in the cache', async () => {
    await (await realPython()).close();
    const world = await openWorld(answers, undefined, { DSPEX_PYTHON_FOLDER: PYTHON_FOLDER });
    await createProgram(world, 'in-python', 'python');
    await createProgram(world, 'natively', 'native');
    const python = await driven(world, 'in-python');
    expect(python.execution).toMatchObject({ state: 'completed', output: { answer: 4 } });
    expect(python.steps.map(({ implementation }) => implementation)).toEqual(['python', 'python']);
    const native = await driven(world, 'natively');
    expect(native.execution).toMatchObject({ state: 'completed', output: { answer: 4 } });
    const keys = ({ steps }: typeof native) => steps.map(({ calls }) => (calls as JsonObject[]).map(({ key }) => key));
    expect(keys(native)).toEqual(keys(python));
    expect(native.steps.flatMap(({ calls }) => (calls as JsonObject[]).map(({ source }) => source))).toEqual([
      'memory',
      'memory',
    ]);
  });

  it('without Python fails with a failure that says what is missing, and native programs run', async () => {
    const world = await openWorld(answers, undefined, { DSPEX_PYTHON: '/nowhere/python3' });
    await createProgram(world, 'in-python', 'python');
    await createProgram(world, 'natively', 'native');
    const python = await driven(world, 'in-python');
    expect(python.execution).toMatchObject({
      state: 'failed',
      failure: { name: 'Python.Unavailable', retryable: false, message: expect.stringContaining('/nowhere/python3') },
    });
    expect((await driven(world, 'natively')).execution).toMatchObject({ state: 'completed' });
  });
});
