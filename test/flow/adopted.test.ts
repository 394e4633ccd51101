import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAKING_MS } from '../python/runtime.ts';
import { dspex, finished, openAdoptedHouse } from './adopted-house.ts';
import { exampleModel, examplesOf } from './adopted-model.ts';
import type { TestHouse } from './house.ts';

const PROGRAMS: Record<string, { entry: string; metric: string; parts: string[] }> = {
  hops: { entry: 'MultiHop', metric: 'answered', parts: ['next_query', 'answer.predict'] },
  triage: { entry: 'Triage', metric: 'right_kind', parts: ['classify', 'billing'] },
  desk: { entry: 'ShopDesk', metric: 'holds_answer', parts: ['agent.react', 'stock', 'agent.extract.predict'] },
  library: { entry: 'Librarian', metric: 'grounded', parts: ['respond.predict'] },
  invoice: { entry: 'OrderReader', metric: 'same_order', parts: ['read'] },
  panel: { entry: 'Panel', metric: 'same_verdict', parts: ['reader', 'chair'] },
};

let house: TestHouse;
beforeAll(async () => {
  house = await openAdoptedHouse(exampleModel);
}, MAKING_MS);
afterAll(() => house.close());

describe.each(Object.entries(PROGRAMS))('%s, adopted as it is', (folder, { entry, metric, parts }) => {
  it('runs through the API, its predictors and tools seen as sub-steps', { timeout: 120_000 }, async () => {
    const { client } = house;
    const adopted = await dspex(
      client,
      ...['adopt', `${folder}.program:${entry}`, '--path', 'examples/adopted', '--name', folder],
      ...['--metric', `${folder}.metric:${metric}`, '--dataset', `examples/adopted/${folder}/data.jsonl`, '--json'],
    );
    expect(adopted.error).toBe('');
    expect(JSON.parse(adopted.out)).toMatchObject({ name: folder, version: 1, metric: `${folder}_${metric}` });
    const { inputs = {} } = examplesOf(folder)[0] ?? {};
    const started = await client.call('programs', 'run', { id: folder, input: { input: inputs } });
    const execution = await finished(client, 'executions', started.location);
    expect(execution).toMatchObject({ state: 'completed', failure: null });
    const trace = await client.call<{ steps: unknown[] }>('executions', 'trace', { id: execution.id });
    const [step] = trace.body.steps;
    const { parts: told, calls } = step as { parts: { name: string }[]; calls: unknown[] };
    expect(new Set(told.map(({ name }) => name))).toEqual(new Set(parts));
    expect(calls).not.toHaveLength(0);
  });
});
