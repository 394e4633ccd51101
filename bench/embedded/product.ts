import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HouseOptions, openHouse } from '#functions/house';
import type { JsonObject } from '#lib/base/json';
import { importFile } from '#lib/cli/commands/import';
import { publishSource } from '#lib/cli/commands/publish';
import { createClient } from '#lib/derive/client/client';
import type { ReplayedTask } from '../lm-replay/tasks.ts';

export type Outcome = { exampleId: string; score: number | null };
export interface Found {
  state: string;
  reason: string;
  /** Of all the optimizer's own calls, as the models counted them, answers from the cache included. */
  tokens: number;
  assignment: JsonObject;
  programId: string;
  version: number;
  seconds: number;
}

/** The product on a data folder: its workers, its gateway and cache, the embedded model; by its public client. */
export async function openProduct(dataDir: string, more: Partial<HouseOptions> = {}) {
  const house = await openHouse({ dataDir, onFault: (what, error) => console.error(what, error), ...more });
  await house.work();
  const apiKey = (house.newKey ?? readFileSync(house.keyFile, 'utf8')).trim();
  const client = createClient({ apiKey, fetch: (request) => house.app.fetch(request) });
  const metricOf = (task: ReplayedTask): JsonObject => ({ kind: 'exact_match', output: task.output });
  const until = async (resource: 'evaluations' | 'optimizations', id: string): Promise<void> => {
    for await (const { event } of client.stream(resource, id, 'events')) if (event === 'end') break;
  };

  /** All examples of a task as a dataset, once. */
  const dataset = async (task: ReplayedTask, most?: number): Promise<string> => {
    const file = join(mkdtempSync(join(tmpdir(), 'embedded-')), `${task.name}.jsonl`);
    const rows = Object.entries(task.examples).flatMap(([split, examples]) =>
      examples.slice(0, most).map(({ id, text, label }) => ({ id, split, [task.input]: text, [task.output]: label })),
    );
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const mapping = JSON.stringify({ id: 'id', split: 'split', inputs: [task.input], labels: [task.output] });
    return (await importFile(client, file, task.name, mapping)).id;
  };

  const evaluate = async (task: ReplayedTask, datasetId: string, id: string, version: number): Promise<Outcome[]> => {
    const { location } = await client.call('programs', 'evaluate', {
      id,
      input: { version, dataset: datasetId, metric: metricOf(task), split: 'test' },
    });
    const evaluation = String(location?.split('/').at(-1));
    await until('evaluations', evaluation);
    const { body } = await client.call<{ items: Outcome[] }>('evaluations', 'outcomes', {
      id: evaluation,
      input: { limit: 1000 },
    });
    return body.items.map(({ exampleId, score }) => ({ exampleId, score }));
  };

  const publish = (name: string, source: JsonObject) => publishSource(client, name, source);

  /** One of DSPy's optimizers on the train and validation examples. */
  const compile = async (
    task: ReplayedTask,
    datasetId: string,
    program: { id: string; version: number },
    config: JsonObject,
    seed: number,
  ): Promise<Found> => {
    const began = performance.now();
    const { location } = await client.call('programs', 'optimize', {
      id: program.id,
      input: {
        ...{ version: program.version, dataset: datasetId, metric: metricOf(task), seed },
        optimizer: { strategy: 'python', config },
      },
    });
    const id = String(location?.split('/').at(-1));
    await until('optimizations', id);
    const { body } = await client.get<JsonObject>('optimizations', id);
    const result = (body.result ?? {}) as JsonObject;
    let tokens = 0;
    for await (const one of client.list<JsonObject>('generations', { filter: { optimizationId: id } }))
      tokens += Number(one.tokens ?? 0);
    return {
      state: String(body.state),
      reason: String(result.reason ?? body.failure ?? ''),
      tokens,
      assignment: (result.assignment ?? {}) as JsonObject,
      programId: program.id,
      // No version is made when nothing was better than the start.
      version: typeof result.version === 'number' ? result.version : program.version,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  };

  return { dataset, evaluate, publish, compile, close: () => house.close() };
}
export type Product = Awaited<ReturnType<typeof openProduct>>;
