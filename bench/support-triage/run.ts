// node bench/support-triage/run.ts [--data DIR] [--seeds 1,2,3] [--test 294] [--write]
// The example's own search, once for each seed, on the embedded model, through the product: program, dataset and
// optimizations are records of a data folder, so a run that was cut off goes on where it stood when started again. Baseline
// and winner of each are then measured on the first so many test tickets, by default on all.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openHouse } from '#functions/house';
import type { JsonObject } from '#lib/base/json';
import { importFile } from '#lib/cli/commands/import';
import { publishSource } from '#lib/cli/commands/publish';
import { readProgramFile } from '#lib/cli/program-file';
import { createClient } from '#lib/derive/client/client';
import { pooled, type SeedRun } from './pooled.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/support-triage');
const RESULTS = join(import.meta.dirname, 'results/search.json');
const MAPPING = '{"id":"id","inputs":["ticket"],"labels":["queue","priority"],"split":"split"}';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: '.dspex/bench-support-triage' },
    seeds: { type: 'string', default: '1,2,3' },
    test: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const read = (file: string): JsonObject => JSON.parse(readFileSync(join(EXAMPLE, file), 'utf8'));
const search = read('search.json') as { strategy: string; config: JsonObject; limits: JsonObject };

const house = await openHouse({
  dataDir: options.data,
  onFault: (what, error) => console.error(what, error),
});
await house.work();
const apiKey = (house.newKey ?? readFileSync(house.keyFile, 'utf8')).trim();
const client = createClient({ apiKey, fetch: (request) => house.app.fetch(request) });

interface Optimization extends JsonObject {
  id: string;
  seed: number;
  state: string;
  failure: string | null;
  programId: string;
  version: number;
  datasetId: string;
}

async function start(seed: number): Promise<string> {
  const { source } = await readProgramFile(join(EXAMPLE, 'program.yaml'));
  const program = await publishSource(client, `support-triage-${seed}`, source);
  const data = await importFile(client, join(EXAMPLE, 'tickets.jsonl'), `support-triage-${seed}`, MAPPING);
  const { location } = await client.call('programs', 'optimize', {
    id: program.id,
    input: {
      version: program.version,
      dataset: data.id,
      datasetVersion: data.version,
      metric: read('metric.json'),
      limits: search.limits,
      optimizer: { strategy: search.strategy, config: search.config },
      seed,
    },
  });
  return String(location?.split('/').at(-1));
}

async function measured(of: Optimization, version: number): Promise<SeedRun['baseline']> {
  const { location } = await client.call('programs', 'evaluate', {
    id: of.programId,
    input: {
      ...{ version, dataset: of.datasetId, metric: read('metric.json'), split: 'test' },
      ...(options.test === undefined ? {} : { limit: Number(options.test) }),
    },
  });
  const id = String(location?.split('/').at(-1));
  for await (const { event } of client.stream('evaluations', id, 'events')) if (event === 'end') break;
  const { body } = await client.call<{ items: SeedRun['baseline'] }>('evaluations', 'outcomes', {
    id,
    input: { limit: 1000 },
  });
  return body.items.map(({ exampleId, score }) => ({ exampleId, score }));
}

const known = new Map<number, Optimization>();
for await (const record of client.list<Optimization>('optimizations')) {
  if (record.state !== 'failed' && record.state !== 'cancelled') known.set(record.seed, record);
}

const runs: SeedRun[] = [];
for (const seed of options.seeds.split(',').map(Number)) {
  const began = performance.now();
  const id = known.get(seed)?.id ?? (await start(seed));
  for await (const { event, data } of client.stream('optimizations', id, 'events')) {
    if (event === 'end') break;
    if (event === 'trial') console.log(seed, JSON.stringify(data).slice(0, 200));
  }
  const { body } = await client.get<Optimization>('optimizations', id);
  if (body.state !== 'completed') throw new Error(`seed ${seed}: ${body.state}: ${body.failure}`);
  const result = body.result as JsonObject;
  runs.push({
    seed,
    seconds: Math.round((performance.now() - began) / 1000),
    assignment: result.assignment as JsonObject,
    trials: (body.progress as JsonObject).trials as number,
    calls: (body.progress as JsonObject).calls as number,
    baseline: await measured(body, body.version),
    // No version is made when nothing was better than the start.
    optimized: await measured(body, typeof result.version === 'number' ? result.version : body.version),
  });
  const report = pooled(runs);
  console.log(JSON.stringify(report, null, 2));
  if (options.write) writeFileSync(RESULTS, `${JSON.stringify({ report, runs }, null, 1)}\n`);
}
await house.close();
process.exit(0);
