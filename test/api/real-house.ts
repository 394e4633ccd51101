import { newId } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import { type Client, createClient } from '#lib/derive/client/client';
import type { Script } from '#lib/lm/scripted';
import { createFirstKey } from '#lib/resources/workspace/first-key';
import { chat, openTestHouse, type TestHouse } from '../flow/house.ts';
import { golden } from '../interop/golden-states.ts';
import type { World } from './world.ts';

export const SOURCE = {
  graph: {
    name: 'sorter',
    input: { text: 'str' },
    output: { label: 'nodes.sort.label' },
    nodes: [{ id: 'sort', kind: 'module', module: 'sorter', inputs: { text: 'input.text' } }],
    bindings: [{ variable: 'temperature', to: ['nodes.*.lm.temperature'] }],
  },
  modules: { sorter: { type: 'predict', signature: 'text -> label: Literal["odd", "even"]' } },
  variables: [{ name: 'temperature', type: { kind: 'float', min: 0, max: 1 }, default: 0.1 }],
};
export const METRIC = { kind: 'exact_match', output: 'label' };
export const ROWS = Array.from({ length: 6 }, (_, n) => ({
  inputs: { text: `n${n}` },
  labels: { label: n % 2 === 1 ? 'odd' : 'even' },
  split: ['train', 'validation', 'test'][n % 3] ?? 'train',
}));
export const jsonl = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

/** The real product with two workspaces, each with a program and a dataset of its own. */
export interface RealHouse extends TestHouse {
  ours: Tenant;
  theirs: Tenant;
}

export interface Tenant {
  key: string;
  workspaceId: string;
  client: Client;
  programId: string;
  datasetId: string;
  /** Ids that one operation wants of another: two evaluations with outcomes, an optimization that is over. */
  optimizationId: string;
}

export async function openRealHouse(
  options: { work?: boolean; script?: Script; environment?: NodeJS.ProcessEnv } = {},
): Promise<RealHouse> {
  const { script = () => chat({ label: 'odd' }), work = false, environment = {} } = options;
  const house = await openTestHouse(script, { work, environment });
  const { kernel, home } = house.house;
  const key = `dsk_${'1'.repeat(26)}_${'b'.repeat(43)}`;
  const other = await createFirstKey({ kernel, store: home.store }, 'other', { token: key });
  const ours = await furnish(house, house.key, house.house.workspaceId, 'a');
  return { ...house, ours, theirs: await furnish(house, key, other.workspaceId, 'b') };
}

async function furnish({ house }: TestHouse, key: string, workspaceId: string, suffix: string): Promise<Tenant> {
  const client = createClient({ apiKey: key, fetch: (request) => house.app.fetch(request) });
  const made = async (path: string, input: JsonObject) =>
    (await client.call<{ id: string }>(path, 'create', { input })).body.id;
  const model = `default_${suffix}`;
  await made('language-models', { name: model, model: 'scripted/test' });
  if (suffix === 'b') await made('language-models', { name: 'default', model: 'scripted/test' });
  const graph = { ...SOURCE.graph, defaults: { lm: model } };
  const programId = await made('programs', { name: `sorter-${suffix}`, source: { ...SOURCE, graph } as never });
  const datasetId = await made('datasets', { name: `numbers-${suffix}` });
  await client.call('datasets', 'import', {
    id: datasetId,
    input: { format: 'jsonl' },
    upload: { contentType: 'application/x-ndjson', content: jsonl(ROWS) },
  });
  const version = { programId, version: 1, datasetId, datasetVersion: 1, metric: METRIC };
  const optimizationId = await made('optimizations', version);
  await client.call('optimizations', 'cancel', { id: optimizationId });
  return { key, workspaceId, client, programId, datasetId, optimizationId };
}

/** What the conformance suite wants to know of the real resources. No workers run: nothing happens between requests. */
export function worldOf(house: RealHouse): World {
  const { ours, theirs } = house;
  const { kernel } = house.house;
  const system = { id: 'system', workspaceId: ours.workspaceId, roles: [], system: true as const };
  const act = async (resource: string, action: string, id: string | null, input: JsonObject = {}) => {
    const target = id === null ? {} : { id };
    const result = await kernel.dispatch({ principal: system, resource, action, ...target, input });
    return 'id' in result ? result.id : '';
  };
  const measured = {
    programId: ours.programId,
    version: 1,
    datasetId: ours.datasetId,
    datasetVersion: 1,
    metric: METRIC,
  };
  const execution = () =>
    act('Execution', 'create', null, { programId: ours.programId, version: 1, input: { text: 'n1' } });
  const running = async () => {
    const id = await execution();
    await act('Execution', 'begin', id, { lease: 'lea_1' });
    return id;
  };
  const ended = async () => {
    const id = await running();
    await act('Execution', 'finish', id, { lease: 'lea_1', status: 'failed', result: {} });
    return id;
  };
  const name = (what: string) => (serial: number) => ({ name: `${what}-${serial}` });
  const program = async () =>
    (
      await ours.client.call<{ id: string }>('programs', 'create', {
        input: { name: newName(), source: SOURCE as never },
      })
    ).body.id;
  const promotedTwice = async () => {
    const id = await program();
    const publish = { base: 1, assignment: { temperature: 0.9 } };
    await ours.client.call('programs', 'publish', { id, input: publish });
    for (const version of [1, 2]) {
      const { rev } = await ours.client.get('programs', id);
      await ours.client.call('programs', 'promote', { id, input: { version }, ifMatch: rev ?? 0 });
    }
    return id;
  };
  const dataset = async () => {
    const { body } = await ours.client.call<{ id: string }>('datasets', 'create', { input: { name: newName() } });
    await ours.client.call('datasets', 'import', {
      id: body.id,
      input: { format: 'jsonl' },
      upload: { contentType: 'application/x-ndjson', content: jsonl(ROWS) },
    });
    return body.id;
  };
  const upload = (serial: number) => ({
    file: jsonl([{ inputs: { text: `more ${serial}` }, labels: { label: 'odd' } }]),
    query: 'format=jsonl',
  });
  const documents = (serial: number) => ({ file: jsonl([{ text: `fact ${serial}` }]), query: 'format=jsonl' });
  const corpus = async () => {
    const { body } = await ours.client.call<{ id: string }>('corpora', 'create', { input: { name: newName() } });
    await ours.client.call('corpora', 'import', {
      id: body.id,
      input: { format: 'jsonl' },
      upload: { contentType: 'application/x-ndjson', content: jsonl([{ text: 'the first fact' }]) },
    });
    return body.id;
  };
  const delivery = async () => {
    const { body } = await ours.client.call<{ id: string }>('webhooks', 'create', {
      input: { name: newName(), ...WEBHOOK },
    });
    const event = { id: newId('evt'), type: 'Metric.create', subject: 'met_1', principal: 'x', time: '', data: {} };
    return act('Delivery', 'create', null, { webhookId: body.id, event });
  };
  return {
    app: house.house.app,
    admin: ours.key,
    stranger: theirs.key,
    close: () => house.close(),
    single: ['Workspace'],
    uploads: {
      ...{ 'Dataset.import': upload, 'Dataset.append': upload },
      ...{ 'Corpus.import': documents, 'Corpus.append': documents },
      'Program.adopt': () => ({ file: 'no archive', query: 'entry=package.module%3AProgram' }),
      'Tool.adopt': () => ({ file: 'no archive', query: 'entry=package.module%3Afunction' }),
    },
    inputs: {
      'Signature.create': (serial) => ({ ...name('signature')(serial), definition: 'question -> answer' }),
      'Signature.parse': () => ({ text: 'question -> answer: int' }),
      'Signature.validate': () => ({ values: { question: 'why?' } }),
      'Module.create': (serial) => ({
        ...name('module')(serial),
        definition: { type: 'predict', signature: 'question -> answer' },
      }),
      'Variable.create': (serial) => ({
        name: `variable_${serial}`,
        type: { kind: 'float', min: 0, max: 1 },
        default: 0.5,
      }),
      'Variable.validate': () => ({ variables: SOURCE.variables as never, assignment: { temperature: 0.5 } }),
      'Variable.draw': () => ({ variables: SOURCE.variables as never }),
      'Program.create': (serial) => ({ ...name('program')(serial), source: SOURCE as never }),
      'Program.publish': (serial) => ({ base: 1, assignment: { temperature: (serial % 100) / 100 } }),
      'Program.validate': () => ({ source: SOURCE as never }),
      'Program.promote': () => ({ version: 1 }),
      'Program.shift': () => ({ version: 1, share: 0.5 }),
      'Program.gate': () => ({
        gates: [{ dataset: ours.datasetId, metric: METRIC, atLeast: 0.5, alias: 'guarded' }],
      }),
      'Program.run': () => ({ input: { text: 'n1' } }),
      'Program.evaluate': () => ({ dataset: ours.datasetId, metric: METRIC }),
      'Program.optimize': () => ({ dataset: ours.datasetId, metric: METRIC }),
      'Program.importDspy': () => ({ state: golden('alone').state, mapping: 'ticket -> queue' }),
      'Program.diff': () => ({ from: 1, to: 1 }),
      'Execution.create': () => ({ programId: ours.programId, version: 1, input: { text: 'n1' } }),
      'Execution.decide': () => ({ path: 'sign_off', approved: true }),
      'Execution.feedback': () => ({ score: 1 }),
      'Dataset.create': name('dataset'),
      'Dataset.split': () => ({ sizes: { train: 0.5, validation: 0.25, test: 0.25 } }),
      'Dataset.drift': () => ({ from: 1, to: 1 }),
      'Module.run': () => ({ inputs: { question: 'why?' } }),
      'Tool.create': (serial) => ({
        ...name('tool')(serial),
        target: { kind: 'builtin', builtin: 'calculator' },
      }),
      'Tool.call': () => ({ arguments: { expression: '1 + 1' } }),
      'Tool.discover': () => ({ url: 'http://127.0.0.1:9/mcp' }),
      'Corpus.create': name('corpus'),
      'Corpus.search': () => ({ query: 'fact' }),
      'Metric.create': (serial) => ({ ...name('metric')(serial), spec: METRIC }),
      'Trigger.create': (serial) => ({ ...name('trigger')(serial), ...TRIGGER }),
      'Trigger.fire': () => ({ key: newName() }),
      'Webhook.create': (serial) => ({ ...name('webhook')(serial), ...WEBHOOK }),
      'Metric.calibrate': () => ({
        pairs: [true, false].map((good) => ({ labels: { label: 'odd' }, outputs: { label: 'odd' }, good })),
      }),
      'Metric.score': () => ({ labels: { label: 'odd' }, outputs: { label: 'odd' } }),
      'Evaluation.create': () => measured,
      'Evaluation.plan': () => measured,
      'Evaluation.trace': () => ({ exampleId: 'e1' }),
      'Evaluation.compare': () => ({ baseline: newId('evl'), candidate: newId('evl') }),
      'Optimizer.create': (serial) => ({ ...name('optimizer')(serial), choice: { strategy: 'variable_search' } }),
      'Optimization.create': () => measured,
      'Optimization.estimate': () => ({ program: ours.programId, dataset: ours.datasetId }),
      'Optimization.apply': () => ({ trial: 't0' }),
      'Budget.create': () => ({ programId: ours.programId, cap: { calls: 100 } }),
      'Budget.raise': () => ({ by: { calls: 1 } }),
      'Program.deployFront': () => ({ evaluations: [] }),
      'LanguageModel.create': (serial) => ({ ...name('model')(serial), model: 'scripted/test' }),
      'Workspace.update': (serial) => ({ description: `Number ${serial}` }),
      'ApiKey.create': (serial) => ({ ...name('key')(serial), roles: ['viewer'] }),
      'Policy.create': (serial) => ({ ...name('policy')(serial), text: POLICY }),
      'Policy.validate': () => ({ text: POLICY }),
    },
    // An evaluation has outcomes once workers have run: the flow tests compare real ones. `live` has no earlier version.
    // A package takes a Python to look into it, and a corpus of real ones: `test/flow/adopted.test.ts`.
    refused: ['Evaluation.compare', 'Evaluation.trace', 'Program.adopt', 'Tool.adopt'],
    records: {
      Workspace: async () => ours.workspaceId,
      'Optimization.apply': async () => {
        const { programId, version, datasetId, datasetVersion, metric } = measured;
        const id = await act('Optimization', 'create', null, { programId, version, datasetId, datasetVersion, metric });
        await act('Trial', 'create', null, { ...TRIAL, work: { id: 't0' }, optimizationId: id, name: 't0' });
        return id;
      },
      'Optimization.resume': async () => {
        const id = await act('Optimization', 'create', null, measured);
        await act('Optimization', 'pause', id);
        return id;
      },
      Trial: () => act('Trial', 'create', null, { ...TRIAL, optimizationId: ours.optimizationId, name: newName() }),
      Firing: () => act('Firing', 'create', null, { ...FIRING, key: newName() }),
      Delivery: delivery,
      'Delivery.resend': async () => {
        const id = await delivery();
        await act('Delivery', 'abandon', id, { because: 'a test' });
        return id;
      },
      Generation: () =>
        act('Generation', 'create', null, { ...GENERATION, optimizationId: ours.optimizationId, name: newName() }),
      AuditEvent: async () => {
        const { body } = await ours.client.call<{ id: string }>('metrics', 'create', {
          input: { name: newName(), spec: METRIC },
        });
        for await (const { id } of ours.client.list<{ id: string }>('audit-events', { filter: { subject: body.id } }))
          return id;
        throw new Error('a metric was made, and no event says so');
      },
      Policy: async () => {
        // There is room for 40 in a workspace only.
        const there: { id: string; rev: number }[] = [];
        for await (const old of ours.client.list<(typeof there)[0]>('policies')) there.push(old);
        for (const { id, rev } of there.length < 25 ? [] : there)
          await ours.client.call('policies', 'remove', { id, ifMatch: rev });
        const { body } = await ours.client.call<{ id: string }>('policies', 'create', {
          input: { name: newName(), text: POLICY },
        });
        return body.id;
      },
      'Program.rollback': promotedTwice,
      'Program.shift': promotedTwice,
      'Program.restore': async () => {
        const id = await program();
        await ours.client.call('programs', 'archive', { id, ifMatch: 1 });
        return id;
      },
      'Dataset.split': dataset,
      'Dataset.append': dataset,
      'Dataset.examples': dataset,
      'Dataset.drift': dataset,
      'Dataset.version': dataset,
      'Corpus.append': corpus,
      'Corpus.documents': corpus,
      'Corpus.search': corpus,
      'Corpus.version': corpus,
      'Execution.decide': running,
      'Execution.redrive': ended,
      'Execution.feedback': ended,
      'Execution.events': ended,
      'Evaluation.events': async () => {
        const id = await act('Evaluation', 'create', null, measured);
        await act('Evaluation', 'cancel', id);
        return id;
      },
      'Optimization.events': async () => {
        const id = await act('Optimization', 'create', null, measured);
        await act('Optimization', 'cancel', id);
        return id;
      },
    },
  };
}

/** Changes nothing: what it permits is permitted already. */
const POLICY =
  'permit (principal in Role::"admin", action in Action::"read", resource) when { principal.workspace == resource.workspace };';
const TRIGGER = { on: { event: 'dataset_version' }, start: { start: 'evaluation', metric: METRIC } };
const WEBHOOK = { url: 'https://example.com/hook', events: ['Program.promote'] };
const FIRING = { triggerId: 'trg_1', happened: {}, start: TRIGGER.start, refused: 'nothing to start' };
const GENERATION = { number: 0, work: {}, purpose: 'an instruction' };
const TRIAL = { number: 0, work: {}, assignment: {}, origin: 'default', parent: null, examples: 1, slices: [] };

let names = 0;
function newName(): string {
  names += 1;
  return `made-${names}`;
}
