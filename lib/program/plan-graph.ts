import { InvalidInput } from '#lib/base/errors';
import type { ModuleSpec } from '#lib/module/spec';
import type { FieldType } from '#lib/signature/signature';
import type { Graph } from './graph.ts';
import { moduleInputs } from './module-fields.ts';
import type { ActionNode, Node, Retry } from './node.ts';
import { stagesOf } from './order.ts';
import type { ActionStep, Plan, PlannedExpression, PlanStep, ProgramPlan, StepBase } from './plan.ts';
import { blocksOf, expressionsOf, nodesRead } from './reads.ts';

type Modules = Readonly<Record<string, ModuleSpec>>;

const CONTAINERS: ReadonlySet<string> = new Set<Node['kind']>(['choice', 'map', 'parallel']);
const EFFECTFUL = new Set<Node['kind']>(['effect', 'action', 'approval', 'program']);
const DEFAULT_CONCURRENCY = 8;

/**
 * Lowers a valid graph to its plan. Equal graphs give equal JSON; steps keep the order of writing within a stage.
 * Throws InvalidInput only for nodes that wait for each other in a circle.
 */
export function planProgram(graph: Graph, modules: Modules): ProgramPlan {
  return {
    ...planBlock(graph.nodes, modules),
    outputs: Object.entries(graph.output).map(([name, expression]) => ({ name, expression, list: false })),
  };
}

function planBlock(nodes: readonly Node[], modules: Modules): Plan {
  const steps = joinTransactions(nodes, modules);
  const { stage, circle } = stagesOf(waitsOf(steps));
  if (circle.length > 0) {
    const names = circle.map((i) => steps[i]?.id);
    throw new InvalidInput(
      'program_circular',
      `Nodes wait for each other in a circle: ${[...names, names[0]].join(' -> ')}`,
    );
  }
  const stages: PlanStep[][] = [];
  for (const [i, step] of steps.entries()) {
    const at = stage[i] ?? 0;
    while (stages.length <= at) stages.push([]);
    stages[at]?.push(step);
  }
  return { stages, result: nodes.at(-1)?.id ?? '' };
}

/** By index: the steps of the same block that a step reads from, directly or through a node inside them. */
export function waitsOf(steps: readonly PlanStep[]): number[][] {
  const owner = new Map<string, number>();
  for (const [i, step] of steps.entries()) for (const id of [step.id, ...step.shows]) owner.set(id, i);
  return steps.map((step) => {
    const waits = new Set<number>();
    for (const id of step.needs) {
      const other = owner.get(id);
      if (other !== undefined) waits.add(other);
    }
    return [...waits];
  });
}

/** The steps of one list of nodes, in the order of writing; neighbouring actions marked `transaction` become one. */
export function joinTransactions(nodes: readonly Node[], modules: Modules): PlanStep[] {
  const steps: PlanStep[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const group: ActionNode[] = [];
    for (let node = nodes[i]; node?.kind === 'action' && node.transaction === true; node = nodes[++i]) group.push(node);
    if (group.length > 1) steps.push(transactionStep(group, modules));
    else if (group[0] !== undefined) steps.push(planNode(group[0], modules));
    if (group.length > 0) i--;
    else if (nodes[i] !== undefined) steps.push(planNode(nodes[i] as Node, modules));
  }
  return steps;
}

/** The first action speaks for all of them: its condition to retry, its timeout, its fallback. */
function transactionStep(group: readonly ActionNode[], modules: Modules): PlanStep {
  const actions = group.map((node) => planNode(node, modules) as ActionStep);
  const [first] = actions as [ActionStep, ...ActionStep[]];
  const { title: _title, when: _when, compensate: _compensate, ...speaker } = first;
  return {
    ...speaker,
    kind: 'transaction',
    id: group.map(({ id }) => id).join('+'),
    needs: [...new Set(actions.flatMap(({ needs }) => needs))].sort(),
    inputs: [],
    shows: group.map(({ id }) => id),
    actions: actions.map((action) => ({ ...action, fallback: [], optional: false })),
  };
}

function planNode(node: Node, modules: Modules, inherited?: Record<string, string>): PlanStep {
  const inputs = node.inputs ?? inherited ?? {};
  const blocks = blocksOf(node).map(({ nodes }) => ({ nodes, plan: planBlock(nodes, modules) }));
  const inside = new Set(blocks.flatMap(({ plan }) => plan.stages.flat().flatMap((step) => [step.id, ...step.shows])));
  const fallback = (node.fallback ?? []).map((other) => planNode(other, modules, inputs));
  const compensate = node.compensate === undefined ? undefined : planNode(node.compensate, modules);
  const needs = new Set([
    ...expressionsOf({ ...node, inputs }).flatMap(({ text }) => nodesRead(text)),
    ...blocks.flatMap(({ plan }) => plan.stages.flat().flatMap((step) => step.needs)),
    ...fallback.flatMap((step) => step.needs),
    ...(compensate?.needs ?? []),
  ]);
  for (const id of [node.id, ...inside]) needs.delete(id);
  const base: StepBase = {
    id: node.id,
    ...(node.title === undefined ? {} : { title: node.title }),
    needs: [...needs].sort(),
    inputs: plannedInputs(node, inputs, modules),
    ...(node.when === undefined ? {} : { when: node.when }),
    retry: fullRetry(node.retry),
    ...(node.timeoutSeconds === undefined ? {} : { timeoutSeconds: node.timeoutSeconds }),
    optional: node.optional ?? false,
    effectful: EFFECTFUL.has(node.kind) || blocks.some(({ plan }) => plan.stages.flat().some((step) => step.effectful)),
    fallback,
    ...(compensate === undefined ? {} : { compensate }),
    shows: node.kind === 'map' ? [] : [...inside],
  };
  return {
    ...base,
    ...specifics(
      node,
      blocks.map(({ plan }) => plan),
    ),
  } as PlanStep;
}

/** What only this kind has. Blocks come in the order of `blocksOf`. */
function specifics(node: Node, plans: Plan[]): object {
  switch (node.kind) {
    case 'choice': {
      const { arms } = node;
      const otherwise = plans[arms.length];
      return {
        kind: node.kind,
        arms: arms.map(({ when }, i) => ({ when, plan: plans[i] })),
        ...(otherwise === undefined ? {} : { otherwise }),
      };
    }
    case 'map':
      return {
        kind: node.kind,
        items: node.items,
        plan: plans[0],
        concurrency: node.concurrency ?? DEFAULT_CONCURRENCY,
      };
    case 'parallel':
      return { kind: node.kind, branches: plans };
    default:
      return Object.fromEntries(
        SPECIFIC[node.kind]
          .map((key) => [key, (node as unknown as Record<string, unknown>)[key]])
          .filter(([, value]) => value !== undefined),
      );
  }
}
const SPECIFIC: Record<Exclude<Node['kind'], 'choice' | 'map' | 'parallel'>, string[]> = {
  module: ['kind', 'module', 'lm', 'adapter'],
  transform: ['kind', 'expression'],
  effect: ['kind', 'http', 'lambda'],
  approval: ['kind', 'message'],
  program: ['kind', 'program', 'alias'],
  action: ['kind', 'resource', 'action'],
};

function plannedInputs(node: Node, inputs: Record<string, string>, modules: Modules): PlannedExpression[] {
  const spec = node.kind === 'module' ? modules[node.module] : undefined;
  const fields = spec && moduleInputs(spec);
  return Object.entries(inputs).map(([name, expression]) => {
    const type = fields?.find((field) => field.name === name)?.type;
    return { name, expression, list: type !== undefined && isListType(type) };
  });
}

/** Whether only a JSON list fits, `None` aside. */
export function isListType(type: FieldType): boolean {
  if (type.kind === 'union') {
    const rest = type.options.filter(({ kind }) => kind !== 'none');
    return rest.length > 0 && rest.every(isListType);
  }
  return type.kind === 'list' || type.kind === 'set' || type.kind === 'frozenset' || type.kind === 'tuple';
}

function fullRetry(retry: Retry | undefined): StepBase['retry'] {
  return {
    maxAttempts: retry?.maxAttempts ?? 1,
    intervalSeconds: retry?.intervalSeconds ?? 1,
    backoffRate: retry?.backoffRate ?? 2,
    maxDelaySeconds: retry?.maxDelaySeconds ?? 30,
    jitter: retry?.jitter ?? true,
    ...(retry?.on === undefined ? {} : { on: retry.on }),
  };
}

/** Its work is that of the steps inside it: it is not retried, and gives up only through them. */
export function isContainer(kind: PlanStep['kind']): boolean {
  return CONTAINERS.has(kind);
}
