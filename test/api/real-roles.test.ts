import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routesOf } from '#lib/derive/http/routes';
import { describe as complete } from '#lib/kernel/describe';
import { resources } from '#lib/resources/resources';
import { openRealHouse, type RealHouse, worldOf } from './real-house.ts';
import { type Ask, asker, type World } from './world.ts';

/**
 * Who may do what, written down apart from the declarations: a = admin, e = engineer, o = operator, v = viewer. Reading,
 * lists, versions and event streams of a resource stand in its `sees`.
 */
const SEES: Record<string, string> = {
  Signature: 'aeov',
  Module: 'aeov',
  Variable: 'aeov',
  Program: 'aeov',
  Execution: 'aeov',
  Tool: 'aeov',
  Corpus: 'aeov',
  Dataset: 'aeov',
  Metric: 'aeov',
  Evaluation: 'aeov',
  Optimizer: 'aeov',
  Optimization: 'aeov',
  Trial: 'aeov',
  Generation: 'aeov',
  Trigger: 'aeov',
  Firing: 'aeov',
  Webhook: 'a',
  Delivery: 'a',
  Budget: 'aeov',
  LanguageModel: 'aeov',
  Workspace: 'aeov',
  Policy: 'aeov',
  ApiKey: 'a',
  AuditEvent: 'a',
};

const MAY: Record<string, string> = {
  'Signature.create': 'ae',
  'Signature.update': 'ae',
  'Signature.delete': 'ae',
  'Signature.parse': 'aeov',
  'Signature.validate': 'aeov',
  'Module.create': 'ae',
  'Module.update': 'ae',
  'Module.delete': 'ae',
  'Variable.create': 'ae',
  'Variable.update': 'ae',
  'Variable.delete': 'ae',
  'Variable.validate': 'aeov',
  'Variable.sample': 'aeov',
  'Variable.draw': 'aeov',
  'Program.create': 'ae',
  'Program.update': 'ae',
  'Program.publish': 'ae',
  'Program.validate': 'aeov',
  'Program.promote': 'ao',
  'Program.rollback': 'ao',
  'Program.shift': 'ao',
  'Program.gate': 'a',
  'Program.adopt': 'ae',
  'Program.importDspy': 'aeov',
  'Program.archive': 'ae',
  'Program.restore': 'ae',
  'Program.run': 'aeo',
  'Program.evaluate': 'aeo',
  'Program.optimize': 'aeo',
  'Program.diff': 'aeov',
  'Program.export': 'aeov',
  'Execution.create': 'aeo',
  'Execution.cancel': 'aeo',
  'Execution.redrive': 'aeo',
  'Execution.decide': 'ao',
  'Execution.replay': 'aeo',
  'Execution.feedback': 'aeo',
  'Execution.trace': 'aeov',
  'Tool.create': 'ae',
  'Tool.update': 'ae',
  'Tool.delete': 'ae',
  'Tool.call': 'aeo',
  'Tool.discover': 'ae',
  'Tool.adopt': 'ae',
  'Corpus.create': 'ae',
  'Corpus.update': 'ae',
  'Corpus.delete': 'ae',
  'Corpus.import': 'ae',
  'Corpus.append': 'ae',
  'Corpus.documents': 'aeov',
  'Corpus.search': 'aeo',
  'Dataset.create': 'ae',
  'Dataset.update': 'ae',
  'Dataset.delete': 'ae',
  'Dataset.import': 'ae',
  'Dataset.append': 'ae',
  'Dataset.split': 'ae',
  'Dataset.examples': 'aeov',
  'Dataset.drift': 'aeov',
  'Module.run': 'aeo',
  'Module.route': 'aeov',
  'Metric.create': 'ae',
  'Metric.update': 'ae',
  'Metric.delete': 'ae',
  'Metric.score': 'aeo',
  'Metric.calibrate': 'aeo',
  'Evaluation.create': 'aeo',
  'Evaluation.cancel': 'aeo',
  'Evaluation.outcomes': 'aeov',
  'Evaluation.compare': 'aeov',
  'Evaluation.plan': 'aeov',
  'Evaluation.trace': 'aeov',
  'Trigger.create': 'ae',
  'Trigger.update': 'ae',
  'Trigger.delete': 'ae',
  'Trigger.enable': 'ae',
  'Trigger.disable': 'ae',
  'Trigger.fire': 'aeo',
  'Webhook.create': 'a',
  'Webhook.update': 'a',
  'Webhook.rotate': 'a',
  'Webhook.enable': 'a',
  'Webhook.disable': 'a',
  'Webhook.delete': 'a',
  'Webhook.ping': 'a',
  'Delivery.resend': 'a',
  'Optimizer.create': 'ae',
  'Optimizer.update': 'ae',
  'Optimizer.delete': 'ae',
  'Optimization.create': 'aeo',
  'Optimization.cancel': 'aeo',
  'Optimization.pause': 'aeo',
  'Optimization.resume': 'aeo',
  'Optimization.estimate': 'aeov',
  'Optimization.report': 'aeov',
  'Optimization.apply': 'ae',
  'Trial.lineage': 'aeov',
  'Program.deployFront': 'ao',
  'Budget.create': 'a',
  'Budget.raise': 'a',
  'Budget.delete': 'a',
  'Budget.balance': 'aeov',
  'LanguageModel.create': 'ae',
  'LanguageModel.update': 'ae',
  'LanguageModel.delete': 'ae',
  'LanguageModel.test': 'aeo',
  'Workspace.update': 'a',
  'ApiKey.create': 'a',
  'ApiKey.revoke': 'a',
  'Policy.create': 'a',
  'Policy.update': 'a',
  'Policy.remove': 'a',
  'Policy.validate': 'a',
};

/** What only our own workers do; no address leads there. */
const OURS = [
  ...[
    'Optimization.park',
    'Program.lock',
    'Program.unlock',
    'Execution.begin',
    'Execution.finish',
    'Dataset.addVersion',
  ],
  ...['Corpus.addVersion', 'Execution.score', 'Firing.create', 'Firing.finish'],
  ...['Webhook.report', 'Webhook.giveUp', 'Delivery.create', 'Delivery.settle', 'Delivery.abandon'],
  ...['Evaluation.begin', 'Evaluation.finish', 'Optimization.begin', 'Optimization.advance', 'Optimization.finish'],
  ...[
    'Trial.create',
    'Trial.tally',
    'Trial.close',
    'Generation.create',
    'Generation.answer',
    'Generation.again',
    'Workspace.create',
    'ApiKey.adopt',
  ],
];

const ROLES = { a: 'admin', e: 'engineer', o: 'operator', v: 'viewer' } as const;

const infos = complete(resources);
const routes = routesOf(infos);
const whoMay = (operationId: string): string | undefined => MAY[operationId] ?? SEES[operationId.split('.')[0] ?? ''];

let house: RealHouse;
let world: World;
let ask: Ask;
const keys: Record<string, string> = {};
beforeAll(async () => {
  house = await openRealHouse();
  world = worldOf(house);
  ask = asker(routes, () => world);
  for (const role of Object.values(ROLES)) {
    const { body } = await house.ours.client.call<{ token: string }>('api-keys', 'create', {
      input: { name: role, roles: [role] },
    });
    keys[role] = body.token;
  }
});
afterAll(async () => {
  await world.close();
  expect(house.faults).toEqual([]);
});

test('the table has every action with an effect, and nothing that is not there', () => {
  const acting = routes.filter((route) => 'action' in route && !['read', 'list'].includes(route.action.name));
  expect(Object.keys(MAY).toSorted()).toEqual(acting.map(({ operationId }) => operationId).toSorted());
  expect(Object.keys(SEES).toSorted()).toEqual(infos.map(({ name }) => name).toSorted());
});

describe.each(routes.map((route) => [route.operationId, route] as const))('%s', (operationId, route) => {
  test.each(Object.entries(ROLES))('%s', async (letter, role) => {
    const headers = { authorization: `Bearer ${keys[role]}` };
    const answer = await ask.properly(route, { headers });
    if (whoMay(operationId)?.includes(letter)) {
      if (ask.succeeds(route)) expect(answer.status, answer.text).toBeLessThan(300);
      expect(answer.status, answer.text).not.toBe(403);
      return;
    }
    // Who may not even see a record is told that there is none.
    const hidden = route.path.includes('{id}') && !SEES[route.resource.name]?.includes(letter);
    expect(answer.problem(hidden ? 404 : 403).code).toBe(hidden ? 'not_found' : 'forbidden');
  });
});

describe('our own actions', () => {
  test.each(OURS)('%s has no address', async (operationId) => {
    const [name = '', action = ''] = operationId.split('.');
    const info = infos.find((one) => one.name === name);
    expect(info?.actions[action]?.access).toBe('system');
    expect(routes.map((route) => route.operationId)).not.toContain(operationId);
    for (const path of [`/v1/${info?.path}/${action}`, `/v1/${info?.path}/x/${action}`]) {
      const body = { body: '{}', headers: { 'content-type': 'application/json' } };
      expect([404, 405]).toContain((await ask.line('POST', path, body)).status);
    }
  });

  test('are all in that list', () => {
    const declared = infos.flatMap(({ actions }) => Object.values(actions).filter(({ access }) => access === 'system'));
    expect(declared.map(({ id }) => id).toSorted()).toEqual(OURS.toSorted());
  });

  test('are refused to an admin who finds a way around the routes', async () => {
    const principal = await house.house.kernel.authenticate(`Bearer ${house.ours.key}`);
    const { programId: id } = house.ours;
    const calls = [
      { resource: 'Program', action: 'lock', id, input: { optimizationId: house.ours.optimizationId } },
      { resource: 'Workspace', action: 'create', input: { name: 'mine' } },
      { resource: 'ApiKey', action: 'adopt', input: { name: 'mine', roles: ['admin'], token: house.ours.key } },
      { resource: 'Dataset', action: 'addVersion', id: house.ours.datasetId, input: { content: {} } },
    ];
    for (const call of calls)
      await expect(house.house.kernel.dispatch({ principal, ...call })).rejects.toMatchObject({ status: 403 });
  });
});
