// node bench/support-triage/controls.ts [--data DIR]
// Zero-shot prompts that are not the example's own, on the test tickets of run.ts: is the search better than the baseline
// only because that was worded badly? Reads what run.ts wrote, in the same data folder.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openHouse } from '#functions/house';
import type { JsonObject } from '#lib/base/json';
import { importFile } from '#lib/cli/commands/import';
import { publishSource } from '#lib/cli/commands/publish';
import { readProgramFile } from '#lib/cli/program-file';
import { createClient } from '#lib/derive/client/client';
import { comparePaired } from '#lib/evaluate/compare';
import { averaged, type SeedRun } from './pooled.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/support-triage');
const RESULTS = join(import.meta.dirname, 'results');
const MAPPING = '{"id":"id","inputs":["ticket"],"labels":["queue","priority"],"split":"split"}';

const { values: options } = parseArgs({
  options: { data: { type: 'string', default: '.dspex/bench-support-triage' } },
});
const { runs } = JSON.parse(readFileSync(join(RESULTS, 'search.json'), 'utf8')) as { runs: SeedRun[] };
const metric = JSON.parse(readFileSync(join(EXAMPLE, 'metric.json'), 'utf8')) as JsonObject;
const test = runs[0]?.baseline.length ?? 0;

/** How the classifier is asked instead: other settings of its module. */
const CONTROLS: Record<string, { module: 'classify' | 'classify_bare'; adapter: string }> = {
  'chat adapter, no guide': { module: 'classify_bare', adapter: 'chat' },
  'chat adapter, guide': { module: 'classify', adapter: 'chat' },
  'XML adapter, no guide': { module: 'classify_bare', adapter: 'xml' },
};

const house = await openHouse({ dataDir: options.data, onFault: (what, error) => console.error(what, error) });
await house.work();
const client = createClient({
  apiKey: (house.newKey ?? readFileSync(house.keyFile, 'utf8')).trim(),
  fetch: (request) => house.app.fetch(request),
});
const data = await importFile(client, join(EXAMPLE, 'tickets.jsonl'), 'support-triage-controls', MAPPING);

async function measure(name: string, { module, adapter }: (typeof CONTROLS)[string]): Promise<SeedRun['baseline']> {
  const { source } = (await readProgramFile(join(EXAMPLE, 'program.yaml'))) as unknown as {
    source: { modules: Record<string, JsonObject> };
  };
  const changed = { ...source, modules: { ...source.modules, classify: { ...source.modules[module], adapter } } };
  const program = await publishSource(
    client,
    `control-${name.replace(/[^a-z]+/giu, '-').toLowerCase()}`,
    changed as never,
  );
  const { location } = await client.call('programs', 'evaluate', {
    id: program.id,
    input: { version: program.version, dataset: data.id, metric, split: 'test', limit: test },
  });
  const id = String(location?.split('/').at(-1));
  for await (const { event } of client.stream('evaluations', id, 'events')) if (event === 'end') break;
  const { body } = await client.call<{ items: SeedRun['baseline'] }>('evaluations', 'outcomes', {
    id,
    input: { limit: 1000 },
  });
  return body.items.map(({ exampleId, score }) => ({ exampleId, score }));
}

const optimized = averaged(runs.map((run) => run.optimized));
const report: Record<string, JsonObject> = {};
for (const [name, control] of Object.entries(CONTROLS)) {
  const outcomes = await measure(name, control);
  const score = outcomes.reduce((sum, outcome) => sum + (outcome.score ?? 0), 0) / outcomes.length;
  const compared = comparePaired(outcomes, optimized);
  report[name] = { n: outcomes.length, score, optimizedLess: compared as unknown as JsonObject };
  console.log(name, outcomes.length, score.toFixed(3), compared.difference, compared.interval);
  writeFileSync(join(RESULTS, 'controls.json'), `${JSON.stringify(report, null, 1)}\n`);
}
await house.close();
process.exit(0);
