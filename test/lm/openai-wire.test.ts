import { afterEach, describe, expect, test } from 'vitest';
import { createGateway } from '#lib/lm/gateway';
import { openaiProvider } from '#lib/lm/openai/provider';
import type { LmRequest } from '#lib/lm/spec';
import { completion, type FaultyServer, faultyServer, json, KEY } from './faulty-server.ts';
import { request, secretsOf } from './requests.ts';

let server: FaultyServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function call(
  changes: Partial<LmRequest>,
  respond = completion('hi'),
  settings: Partial<LmRequest['model']> = {},
) {
  server = await faultyServer((reply) => json(reply, 200, respond));
  const gateway = createGateway({ providers: { openai: openaiProvider({}) }, secrets: secretsOf({ 'env:KEY': KEY }) });
  const model = { provider: 'openai', model: 'm', endpoint: server.endpoint, secretRef: 'env:KEY', ...settings };
  const answer = await gateway.complete(request({ model, ...changes }));
  return { answer, sent: server.received[0] };
}

describe('what goes over the wire', () => {
  test('messages, settings, tools and format in OpenAI’s words, and nothing that was not set', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'integer' } },
      required: ['a'],
      additionalProperties: false,
    };
    const tool = {
      type: 'function',
      function: { name: 'f', description: 'does', parameters: { type: 'object', properties: {} } },
    };
    const messages: LmRequest['messages'] = [
      { role: 'system', content: 'be brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
      },
      { role: 'tool', tool_call_id: 't1', content: 'done' },
      { role: 'user', content: 'go on' },
    ];
    const { sent } = await call({
      messages,
      parameters: {
        ...{ temperature: 0, maxTokens: 9, topP: 0.5, stop: ['END'], seed: 4 },
        typicalInputs: [{ question: 'read by the embedded model alone' }],
      },
      tools: [tool],
      responseFormat: { type: 'json_schema', name: 'Out', schema, strict: true },
      sample: 3,
    });
    expect(sent?.path).toBe('/v1/chat/completions');
    expect(sent?.body).toEqual({
      model: 'm',
      messages,
      temperature: 0,
      max_tokens: 9,
      top_p: 0.5,
      stop: ['END'],
      seed: 4,
      tools: [tool],
      response_format: { type: 'json_schema', json_schema: { name: 'Out', schema, strict: true } },
    });
    expect((await call({})).sent?.body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'hello' }] });
  });

  test.each(['o1', 'o3-mini', 'o4-mini', 'gpt-5', 'gpt-5-nano', 'gpt-5.1'])(
    '%s gets max_completion_tokens and no sampling settings',
    async (model) => {
      const { sent } = await call({ parameters: { temperature: 1, topP: 1, maxTokens: 16_000 } }, completion('hi'), {
        model,
      });
      expect(sent?.body).toEqual({ model, messages: expect.anything(), max_completion_tokens: 16_000 });
    },
  );

  test.each(['gpt-4o', 'gpt-5-chat-latest', 'llama-o1', 'omega'])('%s is no reasoning model', async (model) => {
    const { sent } = await call({ parameters: { temperature: 1 } }, completion('hi'), { model });
    expect(sent?.body.temperature).toBe(1);
  });

  test('content that cannot be sent is refused before anything is sent', async () => {
    const messages: LmRequest['messages'] = [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }];
    await expect(call({ messages })).rejects.toMatchObject({
      failure: { name: 'Model.Refused', message: expect.stringContaining('input_audio') },
    });
    expect(server?.received).toEqual([]);
  });
});

describe('what comes back', () => {
  test('text, finish reason and usage, cached tokens included', async () => {
    expect((await call({})).answer).toMatchObject({
      text: 'hi',
      finishReason: 'stop',
      usage: { inputTokens: 20, outputTokens: 5, cachedInputTokens: 8 },
      costNanoUsd: null,
    });
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['tool_calls', 'tool-calls'],
    ['strange', 'other'],
  ])('finish_reason %s is %s', async (raw, told) => {
    expect((await call({}, completion('x', { finish_reason: raw }))).answer.finishReason).toBe(told);
  });

  test('tool calls keep their arguments as text', async () => {
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"a": 1}' } }],
    };
    const { answer } = await call({}, completion('', { message, finish_reason: 'tool_calls' }));
    expect(answer.toolCalls).toEqual(message.tool_calls);
    expect(answer.text).toBe('');
  });

  test('a refusal is told as filtered', async () => {
    const message = { role: 'assistant', content: null, refusal: 'I cannot' };
    expect((await call({}, completion('', { message }))).answer).toMatchObject({
      text: 'I cannot',
      finishReason: 'content-filter',
    });
  });
});

describe('the secret', () => {
  const gatewayFor = (env: NodeJS.ProcessEnv, values: Record<string, string>) =>
    createGateway({ providers: { openai: openaiProvider(env) }, secrets: secretsOf(values) });

  test('is read at each call, so a new value needs no restart', async () => {
    server = await faultyServer((reply) => json(reply, 200, completion('hi')));
    const values: Record<string, string> = { 'env:KEY': 'first-value' };
    const gateway = gatewayFor({}, values);
    const model = { provider: 'openai', model: 'm', endpoint: server.endpoint, secretRef: 'env:KEY' };
    await gateway.complete(request({ model, sample: 1 }));
    values['env:KEY'] = 'second-value';
    await gateway.complete(request({ model, sample: 2 }));
    expect(server.received.map((r) => r.headers.authorization)).toEqual(['Bearer first-value', 'Bearer second-value']);
  });

  test('of the process goes to the process’s own endpoint only', async () => {
    server = await faultyServer((reply) => json(reply, 200, completion('hi')));
    const gateway = gatewayFor({ OPENAI_BASE_URL: `${server.endpoint}/` }, { 'env:OPENAI_API_KEY': KEY });
    await gateway.complete(request({ model: { provider: 'openai', model: 'm' } }));
    await gateway.complete(request({ model: { provider: 'openai', model: 'm', endpoint: server.endpoint } }));
    expect(server.received.map((r) => r.headers.authorization)).toEqual([`Bearer ${KEY}`, undefined]);
    expect(server.received.map((r) => r.path)).toEqual(['/v1/chat/completions', '/v1/chat/completions']);
  });

  test('that is missing is named before anything is sent', async () => {
    const gateway = gatewayFor({}, {});
    await expect(gateway.complete(request({ model: { provider: 'openai', model: 'gpt-4o' } }))).rejects.toThrow(
      'there is no secret env:OPENAI_API_KEY to call gpt-4o with',
    );
  });

  test.each(['ftp://h/v1', 'not a url', 'http://user:pass@h/v1'])('the endpoint %s is refused', async (endpoint) => {
    const call = gatewayFor({}, {}).complete(request({ model: { provider: 'openai', model: 'm', endpoint } }));
    const error = await call.catch((e: unknown) => e as Error);
    expect(error).toMatchObject({ failure: { name: 'Model.Refused' } });
    expect(String(error)).not.toContain('pass@');
  });
});

describe('a stream', () => {
  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\r\n\r\n`;
  const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })}\n\n`;

  async function streamed(pieces: (string | Buffer)[]) {
    server = await faultyServer((reply) => {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      const next = (i: number): void => {
        const piece = pieces[i];
        if (piece === undefined) reply.end();
        else reply.write(piece, () => setImmediate(next, i + 1));
      };
      next(0);
    });
    const gateway = createGateway({ providers: { openai: openaiProvider({}) }, secrets: secretsOf() });
    const heard: string[] = [];
    const model = { provider: 'openai', model: 'm', endpoint: server.endpoint, limits: { maxRetries: 2 } };
    const answer = await gateway
      .complete(request({ model, onDelta: (text) => heard.push(text) }))
      .catch((e: unknown) => e as Error);
    return { answer, heard, calls: server.received.length };
  }

  test('is told piece by piece and ends with usage, wherever the network cuts it', async () => {
    const whole = Buffer.from(
      `: ping\n\n${chunk({ content: 'Grüß ' })}${chunk({ content: 'Gött' })}${chunk({}, 'stop')}${usage}data: [DONE]\n\n`,
    );
    const bytes = Array.from(whole, (_, i) => whole.subarray(i, i + 1));
    const { answer, heard } = await streamed(bytes);
    expect(heard).toEqual(['Grüß ', 'Gött']);
    expect(answer).toMatchObject({
      text: 'Grüß Gött',
      finishReason: 'stop',
      usage: { inputTokens: 3, outputTokens: 2 },
    });
  });

  test('gathers tool calls from their pieces', async () => {
    const { answer } = await streamed([
      chunk({ tool_calls: [{ index: 0, id: 't', function: { name: 'f', arguments: '{"a"' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }),
      chunk({}, 'tool_calls'),
    ]);
    expect(answer).toMatchObject({
      finishReason: 'tool-calls',
      toolCalls: [{ id: 't', function: { name: 'f', arguments: '{"a":1}' } }],
    });
  });

  test('that breaks off after text was shown is not tried again: the text cannot be taken back', async () => {
    const { answer, heard, calls } = await streamed([chunk({ content: 'half' })]);
    expect(answer).toMatchObject({ failure: { name: 'Model.Transient', retryable: false } });
    expect(heard).toEqual(['half']);
    expect(calls).toBe(1);
  });

  test('with an error inside fails without showing what the provider said', async () => {
    const { answer } = await streamed([
      chunk({ content: 'x' }),
      `data: ${JSON.stringify({ error: { message: KEY } })}\n\n`,
    ]);
    expect(answer).toMatchObject({ failure: { name: 'Model.Transient' } });
    expect(String(answer)).not.toContain(KEY);
  });
});
