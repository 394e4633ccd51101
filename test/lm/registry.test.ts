import { describe, expect, test } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import { failureOfStatus, redact, retryAfterSeconds, stepFailure } from '#lib/lm/failures';
import { createGateway } from '#lib/lm/gateway';
import { createProviders, modelFromId } from '#lib/lm/registry';
import { scriptedProvider } from '#lib/lm/scripted';
import { loadPackage } from '#lib/lm/sdk-package';
import { request, secretsOf } from './requests.ts';

describe('model ids', () => {
  test.each([
    ['openai/gpt-4o-mini', { provider: 'openai', model: 'gpt-4o-mini' }],
    ['openai/meta-llama/Llama-3', { provider: 'openai', model: 'meta-llama/Llama-3' }],
    ['anthropic/claude-sonnet-4-5', { provider: 'anthropic', model: 'claude-sonnet-4-5' }],
    [
      'bedrock/us.anthropic.claude-3-haiku-20240307-v1:0',
      { provider: 'bedrock', model: 'us.anthropic.claude-3-haiku-20240307-v1:0' },
    ],
    [
      'bedrock/arn:aws:bedrock:eu-west-1:1:inference-profile/x',
      { provider: 'bedrock', model: 'arn:aws:bedrock:eu-west-1:1:inference-profile/x' },
    ],
    ['ollama_chat/llama3.2', { provider: 'openai', model: 'llama3.2', endpoint: 'http://localhost:11434/v1' }],
    ['embedded', { provider: 'embedded', model: 'SmolLM2-135M-Instruct' }],
  ])('%s is read as LiteLLM writes it', (id, settings) => expect(modelFromId(id)).toEqual(settings));

  test('a model of the user’s own goes by its file name, so that it shares no cached answer with ours', async () => {
    const env = { DSPEX_EMBEDDED_MODEL: '/models/mine.gguf' };
    expect(modelFromId('embedded', env)).toEqual({ provider: 'embedded', model: 'mine.gguf' });
    const gateway = createGateway({ providers: createProviders({ dataDir: '/nowhere', env }), secrets: secretsOf() });
    const model = modelFromId('embedded/SmolLM2-135M-Instruct');
    await expect(gateway.complete(request({ model }))).rejects.toThrow(
      'the embedded model here is mine.gguf, not SmolLM2',
    );
    const missing = gateway.complete(request({ model: modelFromId('embedded', env) }));
    await expect(missing).rejects.toMatchObject({
      failure: { name: 'Model.Unavailable', message: expect.stringContaining('--simulate') },
    });
  });

  test.each(['gpt-4o', '', '/', 'openai/', 'toString/x', 'nobody/x'])(
    '%j is refused, with the known providers named',
    (id) => {
      expect(() => modelFromId(id)).toThrow(/the providers are openai, anthropic, bedrock, embedded/u);
    },
  );
});

describe('providers', () => {
  const providers = createProviders({ dataDir: '/nowhere', env: {} });

  test('no scripted model is there unless somebody registers it', async () => {
    expect(Object.keys(providers).sort()).toEqual(['anthropic', 'bedrock', 'embedded', 'openai']);
    const gateway = createGateway({ providers, secrets: secretsOf() });
    await expect(gateway.complete(request())).rejects.toMatchObject({ failure: { name: 'Model.Unavailable' } });
    const simulated = createGateway({
      providers: { ...providers, scripted: scriptedProvider(['hi']) },
      secrets: secretsOf(),
    });
    expect(await simulated.complete(request())).toMatchObject({ text: 'hi', simulated: true });
  });

  test('Anthropic’s package serves behind the gateway: with no secret the call is refused by name', async () => {
    const gateway = createGateway({ providers, secrets: secretsOf() });
    const model = modelFromId('anthropic/claude-sonnet-4-5');
    await expect(gateway.complete(request({ model }))).rejects.toThrow('there is no secret env:ANTHROPIC_API_KEY');
  });

  test.each([
    [
      'anthropic',
      {
        content: [{ type: 'text', text: 'hi' }],
        id: 'm',
        model: 'x',
        role: 'assistant',
        type: 'message',
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 4, output_tokens: 1 },
      },
    ],
    [
      'bedrock',
      {
        output: { message: { role: 'assistant', content: [{ text: 'hi' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 4, outputTokens: 1, totalTokens: 5 },
      },
    ],
  ])('%s answers through its AI SDK package, over real HTTP', async (provider, body) => {
    const { faultyServer, json } = await import('./faulty-server.ts');
    const server = await faultyServer((reply, _, index) =>
      index === 0
        ? json(reply, 529, { type: 'error', error: { type: 'overloaded_error', message: 'busy' } })
        : json(reply, 200, body),
    );
    process.env.AWS_REGION ??= 'us-east-1';
    const gateway = createGateway({ providers, secrets: secretsOf({ 'env:K': 'key-of-the-test' }), random: () => 0 });
    const model = { provider, model: 'x', endpoint: server.endpoint, secretRef: 'env:K' };
    const answer = await gateway.complete(request({ model })).finally(() => server.close());
    expect(answer).toMatchObject({ text: 'hi', finishReason: 'stop', usage: { inputTokens: 4, outputTokens: 1 } });
    // One try of ours each, none of the SDK's own.
    expect(answer.attempts).toBe(server.received.length);
  });

  test('a package that is missing says what to install', async () => {
    const load = () => import('@ai-sdk/of-no-registry' as string);
    await expect(loadPackage('@ai-sdk/of-no-registry', load)).rejects.toMatchObject({
      failure: { name: 'Model.Unavailable', message: expect.stringContaining('npm install @ai-sdk/of-no-registry') },
    });
  });
});

describe('a script', () => {
  test('is used up in order and refuses what is beyond its end', async () => {
    const gateway = createGateway({ providers: { scripted: scriptedProvider(['a', 'b']) }, secrets: secretsOf() });
    const ask = (sample: number) => gateway.complete(request({ sample }));
    expect([(await ask(1)).text, (await ask(2)).text]).toEqual(['a', 'b']);
    await expect(ask(3)).rejects.toThrow('the script has 2 answers and was asked for one more');
  });

  test('sees what a model would see', async () => {
    const seen: unknown[] = [];
    const script = (call: unknown) => {
      seen.push(call);
      return 'x';
    };
    const gateway = createGateway({ providers: { scripted: scriptedProvider(script) }, secrets: secretsOf() });
    await gateway.complete(request({ parameters: { temperature: 0.5, maxTokens: 3 }, sample: 2 }));
    expect(seen).toEqual([
      {
        model: 'm',
        messages: [{ role: 'user', content: 'hello' }],
        parameters: { temperature: 0.5, maxTokens: 3 },
        sample: 2,
        index: 0,
      },
    ]);
  });
});

describe('failures of providers', () => {
  test.each([
    [400, 'Model.Refused', false],
    [401, 'Model.Refused', false],
    [403, 'Model.Refused', false],
    [404, 'Model.Unavailable', false],
    [408, 'Model.Transient', true],
    [409, 'Model.Transient', true],
    [422, 'Model.Refused', false],
    [425, 'Model.Transient', true],
    [429, 'Model.Throttled', true],
    [500, 'Model.Transient', true],
    [529, 'Model.Transient', true],
  ])('%i is %s', (status, name, retryable) => expect(failureOfStatus(status)).toEqual({ name, retryable }));

  test.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:30 GMT' }, 30],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 0.25],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
    [null, undefined],
  ])('%j asks for %s seconds', (headers, seconds) => expect(retryAfterSeconds(headers, 0)).toBe(seconds));

  test('an AI SDK error is read by its members, and its request is not kept', () => {
    const error = Object.assign(new Error('busy sk-abcdefghijklmnop'), {
      statusCode: 429,
      responseHeaders: { 'retry-after': '3' },
      requestBodyValues: { secret: 'prompt' },
    });
    const failure = stepFailure(error, []);
    expect(failure.failure).toEqual({
      name: 'Model.Throttled',
      message: 'the provider answered 429: busy [redacted]',
      retryable: true,
      retryAfterSeconds: 3,
      details: { status: 429 },
    });
    expect(failure.cause).toBeUndefined();
  });

  test.each([
    'sk-proj-abcdefghijklmnop0123',
    'AKIAABCDEFGHIJKLMNOP',
    'gsk_abcdefghijklmnopqrstu',
    'Bearer abcdefghijklmnop.qrs',
    'given-secret',
  ])('%s never stands in a message', (secret) => {
    expect(redact(`a ${secret} b ${secret}`, ['given-secret'])).toBe('a [redacted] b [redacted]');
  });

  test('a network error of any make is transient, a bug is not', () => {
    expect(stepFailure(Object.assign(new Error('x'), { code: 'ECONNRESET' }), []).name).toBe('Model.Transient');
    expect(stepFailure(new TypeError('x is not a function'), []).failure).toMatchObject({
      name: 'Internal',
      retryable: false,
    });
    expect(stepFailure('text', []).failure).toMatchObject({ name: 'Internal', message: 'text' });
    expect(stepFailure(new StepFailure('Model.Refused', 'm'), []).name).toBe('Model.Refused');
  });
});
