import type { LaterNoun } from '#lib/kernel/nouns';

/**
 * Every noun of the house, in the order a reader meets them. A declaration is loaded when something asks for its noun: what
 * stands here is what the others need to know of it, and the kernel refuses a declaration that says otherwise.
 */
export const nouns: readonly LaterNoun[] = [
  {
    name: 'Signature',
    path: 'signatures',
    idPrefix: 'sig',
    load: async () => (await import('./signature/resource.ts')).Signature,
  },
  {
    name: 'Module',
    path: 'modules',
    idPrefix: 'mod',
    load: async () => (await import('./module/resource.ts')).Module,
  },
  {
    name: 'Variable',
    path: 'variables',
    idPrefix: 'var',
    load: async () => (await import('./variable/resource.ts')).Variable,
  },
  {
    name: 'Program',
    path: 'programs',
    idPrefix: 'prg',
    load: async () => (await import('./program/resource.ts')).Program,
  },
  {
    name: 'Execution',
    path: 'executions',
    idPrefix: 'exe',
    load: async () => (await import('./execution/resource.ts')).Execution,
  },
  {
    name: 'Tool',
    path: 'tools',
    idPrefix: 'tol',
    load: async () => (await import('./tool/resource.ts')).Tool,
  },
  {
    name: 'Corpus',
    path: 'corpora',
    idPrefix: 'cor',
    load: async () => (await import('./corpus/resource.ts')).Corpus,
  },
  {
    name: 'Dataset',
    path: 'datasets',
    idPrefix: 'dat',
    load: async () => (await import('./dataset/resource.ts')).Dataset,
  },
  {
    name: 'Metric',
    path: 'metrics',
    idPrefix: 'met',
    load: async () => (await import('./metric/resource.ts')).Metric,
  },
  {
    name: 'Evaluation',
    path: 'evaluations',
    idPrefix: 'evl',
    load: async () => (await import('./evaluation/resource.ts')).Evaluation,
  },
  {
    name: 'Optimizer',
    path: 'optimizers',
    idPrefix: 'opr',
    load: async () => (await import('./optimizer/resource.ts')).Optimizer,
  },
  {
    name: 'Optimization',
    path: 'optimizations',
    idPrefix: 'opt',
    load: async () => (await import('./optimization/resource.ts')).Optimization,
  },
  {
    name: 'Trial',
    path: 'trials',
    idPrefix: 'trl',
    load: async () => (await import('./trial/resource.ts')).Trial,
  },
  {
    name: 'Generation',
    path: 'generations',
    idPrefix: 'gen',
    load: async () => (await import('./generation/resource.ts')).Generation,
  },
  {
    name: 'Trigger',
    path: 'triggers',
    idPrefix: 'trg',
    load: async () => (await import('./trigger/resource.ts')).Trigger,
  },
  {
    name: 'Firing',
    path: 'firings',
    idPrefix: 'fir',
    load: async () => (await import('./firing/resource.ts')).Firing,
  },
  {
    name: 'Webhook',
    path: 'webhooks',
    idPrefix: 'whk',
    load: async () => (await import('./webhook/resource.ts')).Webhook,
  },
  {
    name: 'Delivery',
    path: 'deliveries',
    idPrefix: 'dlv',
    load: async () => (await import('./delivery/resource.ts')).Delivery,
  },
  {
    name: 'Budget',
    path: 'budgets',
    idPrefix: 'bud',
    load: async () => (await import('./budget/resource.ts')).Budget,
  },
  {
    name: 'LanguageModel',
    path: 'language-models',
    idPrefix: 'lms',
    load: async () => (await import('./language-model/resource.ts')).LanguageModel,
  },
  {
    name: 'Workspace',
    path: 'workspaces',
    idPrefix: 'wsp',
    load: async () => (await import('./workspace/resource.ts')).Workspace,
  },
  {
    name: 'ApiKey',
    path: 'api-keys',
    idPrefix: 'key',
    load: async () => (await import('./api-key/resource.ts')).ApiKey,
  },
  {
    name: 'Policy',
    path: 'policies',
    idPrefix: 'pol',
    load: async () => (await import('./policy/resource.ts')).Policy,
  },
  {
    name: 'AuditEvent',
    path: 'audit-events',
    idPrefix: 'evt',
    load: async () => (await import('./audit-event/resource.ts')).AuditEvent,
  },
];
