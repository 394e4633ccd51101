import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { ScriptedCall } from '#lib/lm/scripted';
import { chat, openTestHouse, type TestHouse } from './house.ts';

/** What the model does in each round, told by how many observations it has seen; then it answers. */
const ROUNDS: [tool: string, args: JsonObject][] = [
  ['find', { query: 'tower height' }],
  ['users', { id: 'a/b' }],
  ['users', { nonsense: 1 }],
  ['calculator', { expression: '330 * 2' }],
  ['finish', {}],
];
function agent({ messages }: ScriptedCall): string {
  const asked = String(messages.at(-1)?.content);
  if (!asked.includes('`[[ ## next_thought ## ]]`')) return chat({ reasoning: 'seen', answer: asked.slice(0, 4000) });
  const round = [...asked.matchAll(/\[\[ ## observation_\d+ ## \]\]/gu)].length;
  const [tool = '', args = {}] = ROUNDS[round] ?? [];
  return chat({ next_thought: `round ${round}`, next_tool_name: tool, next_tool_args: JSON.stringify(args) });
}

describe('ReAct through the API', () => {
  let home: TestHouse;
  let server: Server;
  const requests: IncomingMessage[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ path: request.url, sent: request.headers.authorization }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    home = await openTestHouse(agent, {
      environment: { DSPEX_ALLOW_HOSTS: `127.0.0.1:${port}`, USERS_API_KEY: 'very-secret-value' },
    });
    const { client } = home;
    await client.call('corpora', 'create', { input: { name: 'facts' } });
    await client.call('corpora', 'import', {
      id: 'facts',
      input: { format: 'jsonl' },
      upload: {
        contentType: 'application/x-ndjson',
        content: ['{"id": "e", "text": "The tower has a height of 330 m."}', '"Bread is baked."'].join('\n'),
      },
    });
    await client.call('tools', 'create', {
      input: {
        name: 'users',
        description: 'Looks a user up.',
        parameters: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        target: {
          kind: 'http',
          http: { url: `http://127.0.0.1:${port}/users/{id}`, secretRef: 'env:USERS_API_KEY' },
        },
      },
    });
    await client.call('programs', 'create', {
      input: {
        name: 'agent',
        source: {
          graph: {
            name: 'agent',
            input: { question: 'str' },
            output: { answer: 'nodes.act.answer', trajectory: 'nodes.act.trajectory' },
            nodes: [{ id: 'act', kind: 'module', module: 'act', inputs: { question: 'input.question' } }],
          },
          modules: {
            act: {
              type: 'react',
              signature: 'question -> answer',
              tools: [
                'users',
                { name: 'calculator', target: { kind: 'builtin', builtin: 'calculator' } },
                { name: 'find', description: 'Searches.', target: { kind: 'corpus', corpus: { name: 'facts' }, k: 1 } },
              ],
            },
          },
        },
      },
    });
  });
  afterAll(async () => {
    await home.close();
    server.close();
    expect(home.faults).toEqual([]);
  });

  test('tools of every kind are called in turn, their errors are observations, and the answer is read from the trajectory', async () => {
    const { body } = await home.client.call<{ id: string; output: JsonObject; state: string }>('programs', 'run', {
      id: 'agent',
      wait: true,
      input: { input: { question: 'How high?' } },
    });
    expect(body).toMatchObject({ state: 'completed', usage: { calls: 6 } });
    const trajectory = body.output.trajectory as JsonObject;
    expect(Object.keys(trajectory)).toHaveLength(20);
    expect(trajectory).toMatchObject({
      observation_0: ['The tower has a height of 330 m.'],
      observation_1: { path: '/users/a%2Fb', sent: 'Bearer [redacted]' },
      observation_2: expect.stringMatching(/^Execution error in users: the arguments do not fit users\(id\)/),
      observation_3: 660,
      observation_4: 'Completed.',
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers.authorization).toBe('Bearer very-secret-value');
    expect(JSON.stringify(body)).not.toContain('very-secret-value');

    const { body: trace } = await home.client.call<{ steps: { calls: { key: string }[]; parts: JsonObject[] }[] }>(
      'executions',
      'trace',
      { id: body.id },
    );
    const [step] = trace.steps;
    const predicts = step?.parts.filter(({ kind }) => kind === 'predict') ?? [];
    expect(predicts.map(({ name }) => name)).toEqual([...ROUNDS.map(() => 'react'), 'extract.predict']);
    expect(predicts.flatMap(({ calls }) => calls)).toEqual(step?.calls.map(({ key }) => key));
    const tools = step?.parts.filter(({ kind }) => kind === 'tool') ?? [];
    expect(tools.map(({ name }) => name)).toEqual(ROUNDS.map(([name]) => name));
    expect(tools[2]).toMatchObject({ failure: { name: 'Input.Invalid' } });
  });
});
