import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, CallOptions, Client } from '#lib/derive/client/client';

/** What one call of the model costs, by its price and by what it is said to have taken. */
export const CALL = { tokens: 110, nanoUsd: 100 * 3 + 10 * 7 };
export const METRIC = { kind: 'exact_match', output: 'label' };
/** Of the final measurement. */
const TESTED = 10;
/** Of the test split, far from the others, so that the journal of calls tells them apart. */
export const FIRST_TESTED = 100_000;

const parity = {
  graph: {
    name: 'parity',
    input: { text: 'str' },
    output: { label: 'nodes.decide.label' },
    nodes: [{ id: 'decide', kind: 'module', module: 'decider', inputs: { text: 'input.text' } }],
    bindings: [{ variable: 'temperature', to: ['nodes.*.lm.temperature'] }],
  },
  modules: { decider: { type: 'predict', signature: 'text -> label: Literal["odd", "even"]' } },
  variables: [{ name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0.1 }],
};

export interface Search {
  trials: number;
  /** Each trial is measured on all of them. */
  examples: number;
}

/** As clients are told to: what was answered with 503 is asked again under the same key, and happens once. */
async function patiently(client: Client, resource: string, action: string, options: CallOptions): Promise<Answer> {
  const idempotencyKey = randomUUID();
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.call(resource, action, { ...options, idempotencyKey });
    } catch (error) {
      if ((error as { status?: number }).status !== 503 || attempt === 20) throw error;
      await sleep(1000);
    }
  }
}

/** Starts an optimization through the API, of a program whose model answers at `model`; its id. The budget is more than enough: it is there to be kept. */
export async function startSearch(client: Client, { trials, examples }: Search, model: string): Promise<string> {
  const { rev } = await client.get('language-models', 'default');
  const input = {
    ...{ endpoint: `${model}/v1`, defaults: { maxTokens: 20 } },
    priceOverride: { inputNanoUsdPerToken: 3, outputNanoUsdPerToken: 7 },
  };
  await patiently(client, 'language-models', 'update', { id: 'default', input, ifMatch: rev ?? 0 });
  await patiently(client, 'programs', 'create', { input: { name: 'parity', source: parity } });
  await patiently(client, 'datasets', 'create', { input: { name: 'numbers' } });
  const row = (n: number, split: string) =>
    JSON.stringify({ inputs: { text: `n${n}` }, labels: { label: n % 2 === 1 ? 'odd' : 'even' }, split });
  const rows = [
    row(FIRST_TESTED - 1, 'train'),
    ...Array.from({ length: examples }, (_, n) => row(n, 'validation')),
    ...Array.from({ length: TESTED }, (_, n) => row(FIRST_TESTED + n, 'test')),
  ];
  const upload = { contentType: 'application/x-ndjson', content: rows.join('\n') };
  await patiently(client, 'datasets', 'import', { id: 'numbers', input: { format: 'jsonl' }, upload });
  const { location } = await patiently(client, 'programs', 'optimize', {
    id: 'parity',
    input: {
      ...{ dataset: 'numbers', metric: METRIC, seed: 1, parallelism: 16 },
      optimizer: { strategy: 'random', config: { trials } },
      budget: { calls: 10 ** 7, tokens: 10 ** 10, nanoUsd: 10 ** 12 },
    },
  });
  return location?.split('/').at(-1) ?? '';
}
