import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import { createEmbeddings } from '#lib/lm/embedding/embeddings';
import { openaiEmbeddings } from '#lib/lm/embedding/openai';
import { fromText, toText } from '#lib/lm/embedding/vector-text';
import { memoryStore } from './memory-store.ts';

const model = { provider: 'test', model: 'm', priceOverride: { inputNanoUsdPerToken: 10, outputNanoUsdPerToken: 0 } };

/** Vectors made of a text's length and first letter; fails where told to. */
function embedder(fail: (texts: readonly string[], call: number) => Error | undefined = () => undefined) {
  const asked: string[][] = [];
  const provider: EmbeddingModelV4 = {
    ...{
      specificationVersion: 'v4',
      provider: 'test',
      modelId: 'm',
      maxEmbeddingsPerCall: 2,
      supportsParallelCalls: true,
    },
    doEmbed: async ({ values }) => {
      asked.push(values);
      const error = fail(values, asked.length);
      if (error !== undefined) throw error;
      const embeddings = values.map((text) => [text.length, text.charCodeAt(0) / 128]);
      return { embeddings, usage: { tokens: values.join('').length }, warnings: [] };
    },
  };
  return { asked, providers: { test: async () => provider } };
}
const secrets = { get: async () => null };
const timer = { now: () => 0, sleep: async () => {} };

test('a purse pays for what is asked of the provider, at worst before and exactly after, and for nothing else', async () => {
  const { asked, providers } = embedder();
  const drawn: object[] = [];
  const settled: unknown[] = [];
  const purse = {
    draw: async (worst: object) => {
      if (drawn.length === 3) throw new StepFailure('Budget.Exceeded', 'no more');
      drawn.push(worst);
      return { settle: (used?: unknown) => void settled.push(used) };
    },
  };
  const embeddings = createEmbeddings({ providers, secrets, store: memoryStore() });
  const request = { workspaceId: 'w', model, texts: ['aa', 'b', 'ccc'], purse };
  await embeddings.embed(request);
  await embeddings.embed(request);
  expect(asked).toHaveLength(2);
  expect(drawn).toEqual([
    { calls: 1, tokens: 3, nanoUsd: 30 },
    { calls: 1, tokens: 3, nanoUsd: 30 },
  ]);
  expect(settled).toEqual(drawn);
  await embeddings.embed({ ...request, texts: ['\u00e9'] });
  expect([drawn[2], settled[2]]).toEqual([
    { calls: 1, tokens: 2, nanoUsd: 20 },
    { calls: 1, tokens: 1, nanoUsd: 10 },
  ]);
  await expect(embeddings.embed({ ...request, texts: ['new'] })).rejects.toMatchObject({
    failure: { name: 'Budget.Exceeded' },
  });
  expect(asked).toHaveLength(3);
});

describe('a text is paid for once', () => {
  test('in a request, in the process, and in the store after a restart', async () => {
    const { asked, providers } = embedder();
    const store = memoryStore();
    const open = () => createEmbeddings({ providers, secrets, store });
    const first = open();
    const request = { workspaceId: 'w', model, texts: ['aa', 'b', 'aa', 'ccc'] };
    const answer = await first.embed(request);
    expect(asked).toEqual([['aa', 'b'], ['ccc']]);
    expect(answer.vectors.map(([length]) => length)).toEqual([2, 1, 2, 3]);
    expect(answer).toMatchObject({ asked: 3, attempts: 2, spentNanoUsd: 60 });
    expect(await first.embed(request)).toMatchObject({
      vectors: answer.vectors,
      asked: 0,
      attempts: 0,
      spentNanoUsd: 0,
    });
    await first.flush();
    const later = await open().embed({ ...request, texts: ['ccc', 'new'] });
    expect(asked.slice(2)).toEqual([['new']]);
    expect(later).toMatchObject({ asked: 1, costNanoUsd: 60, spentNanoUsd: 30, priceVersion: 'override' });
  });

  test('by each workspace, model and endpoint for itself', async () => {
    const { asked, providers } = embedder();
    const embeddings = createEmbeddings({ providers, secrets });
    for (const other of [
      {},
      { workspaceId: 'x' },
      { model: { ...model, model: 'n' } },
      { model: { ...model, endpoint: 'http://e' } },
    ])
      await embeddings.embed({ workspaceId: 'w', model, texts: ['a'], ...other });
    expect(asked).toHaveLength(4);
  });

  test('what one batch brought is kept when another fails', async () => {
    let broken = true;
    const { asked, providers } = embedder((texts) =>
      broken && texts.includes('c') ? new StepFailure('Model.Refused', 'no c') : undefined,
    );
    const embeddings = createEmbeddings({ providers, secrets });
    const request = { workspaceId: 'w', model, texts: ['a', 'b', 'c'] };
    await expect(embeddings.embed(request)).rejects.toMatchObject({
      failure: { name: 'Model.Refused', message: 'no c' },
    });
    broken = false;
    await embeddings.embed(request);
    expect(asked.at(-1)).toEqual(['c']);
  });
});

test('what may pass is tried again, what may not is told', async () => {
  const shaky = embedder((_, call) => (call < 3 ? new StepFailure('Model.Throttled', 'slow down') : undefined));
  const answer = await createEmbeddings({ ...shaky, secrets, timer }).embed({ workspaceId: 'w', model, texts: ['a'] });
  expect(answer.attempts).toBe(3);
  const unknown = createEmbeddings({ providers: {}, secrets }).embed({ workspaceId: 'w', model, texts: ['a'] });
  await expect(unknown).rejects.toMatchObject({ failure: { name: 'Model.Unavailable' } });
  const stop = AbortSignal.abort();
  const cut = createEmbeddings({ ...embedder(), secrets }).embed({
    workspaceId: 'w',
    model,
    texts: ['a'],
    signal: stop,
  });
  await expect(cut).rejects.toMatchObject({ failure: { name: 'Cancelled' } });
});

test('a vector survives its text', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true })), (vector) => {
      expect([...fromText(toText(vector))]).toEqual(vector);
    }),
  );
});

describe('an OpenAI-compatible server', () => {
  let server: Server;
  let endpoint: string;
  const bodies: { input: string[] }[] = [];
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const { input } = JSON.parse(body) as { input: string[] };
      bodies.push({ ...JSON.parse(body), key: request.headers.authorization, path: request.url });
      const data = input.map((text, index) => ({ index, embedding: text === 'odd' ? 'AAAA' : [index, text.length] }));
      if (input.includes('wrong')) response.statusCode = 400;
      response.end(
        JSON.stringify({ data: data.reverse(), usage: { prompt_tokens: 6 }, error: { message: 'bad input' } }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const embed = (...texts: string[]) =>
    createEmbeddings({ providers: { openai: openaiEmbeddings({}) }, secrets: { get: async () => 'key' }, timer }).embed(
      {
        ...{ workspaceId: 'w', texts },
        model: { provider: 'openai', model: 'e', endpoint, secretRef: 'env:E', limits: { maxRetries: 0 } },
      },
    );

  test('is asked for floats, and its order is by index', async () => {
    const { vectors, usage, costNanoUsd } = await embed('a', 'bb', 'ccc');
    expect(vectors.map((vector) => [...vector])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(usage.inputTokens).toBe(6);
    expect(costNanoUsd).toBeNull();
    expect(bodies[0]).toEqual({
      model: 'e',
      input: ['a', 'bb', 'ccc'],
      encoding_format: 'float',
      key: 'Bearer key',
      path: '/v1/embeddings',
    });
  });
  test('that refuses or answers nonsense is an error', async () => {
    await expect(embed('wrong')).rejects.toMatchObject({ failure: { name: 'Model.Refused' } });
    await expect(embed('odd')).rejects.toMatchObject({ failure: { name: 'Model.Transient' } });
  });
});
