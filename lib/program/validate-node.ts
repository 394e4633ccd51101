import { mayBeAbsent, moduleInputs } from './module-fields.ts';
import type { Node } from './node.ts';
import { isContainer } from './plan-graph.ts';
import type { Program } from './program.ts';
import { blocksOf } from './reads.ts';
import { noSuch, type Report } from './report.ts';

/** What a node says of itself, apart from what it reads. */
export function checkNode(node: Node, pointer: string, program: Program, report: Report): void {
  if (isContainer(node.kind)) checkContainer(node, pointer, report);
  if (node.kind === 'module') checkModule(node, pointer, program, report);
  if (node.kind === 'effect' && (node.http === undefined) === (node.lambda === undefined))
    report(pointer, `effect ${node.id} takes either http or lambda`);
  for (const [i, other] of (node.fallback ?? []).entries()) {
    const at = `${pointer}/fallback/${i}`;
    for (const key of ['when', 'optional', 'fallback'] as const)
      if (other[key] !== undefined)
        report(`${at}/${key}`, `a fallback takes no ${key}; the node it stands in for has it`);
    if (other.kind === 'module')
      checkInputNames({ ...other, inputs: other.inputs ?? node.inputs ?? {} }, at, program, report);
  }
  if (node.compensate !== undefined) checkCompensate(node.compensate, `${pointer}/compensate`, report);
  for (const { nodes, pointer: below } of blocksOf(node)) checkTransactions(nodes, pointer + below, report);
}

function checkContainer(node: Node, pointer: string, report: Report): void {
  for (const key of ['retry', 'timeoutSeconds', 'compensate', 'inputs'] as const)
    if (node[key] !== undefined)
      report(`${pointer}/${key}`, `a ${node.kind} takes no ${key}; give it to the nodes inside`);
}

function checkCompensate(node: Node, pointer: string, report: Report): void {
  for (const key of ['when', 'optional', 'fallback', 'compensate'] as const)
    if (node[key] !== undefined) report(`${pointer}/${key}`, `a node that undoes takes no ${key}`);
  if (isContainer(node.kind)) report(`${pointer}/kind`, `a node that undoes is a single step, not a ${node.kind}`);
}

/** The first action of a transaction speaks for all of them. */
export function checkTransactions(nodes: readonly Node[], pointer: string, report: Report): void {
  for (const [i, node] of nodes.entries()) {
    const before = nodes[i - 1];
    if (node.kind !== 'action' || !node.transaction || before?.kind !== 'action' || !before.transaction) continue;
    for (const key of ['retry', 'timeoutSeconds', 'optional', 'fallback'] as const)
      if (node[key] !== undefined)
        report(`${pointer}/${i}/${key}`, `a transaction takes ${key} from its first action, not from ${node.id}`);
  }
}

function checkModule(node: Extract<Node, { kind: 'module' }>, pointer: string, program: Program, report: Report): void {
  const { modules, lms } = program;
  if (!Object.hasOwn(modules, node.module)) report(`${pointer}/module`, noSuch('module', node.module, modules));
  else if (node.inputs !== undefined || !pointer.includes('/fallback/'))
    checkInputNames(node, pointer, program, report);
  const lm = node.lm ?? modules[node.module]?.lm;
  if (lm !== undefined && !Object.hasOwn(lms, lm))
    report(node.lm === undefined ? `/modules/${node.module}/lm` : `${pointer}/lm`, noSuch('language model', lm, lms));
}

/** Every input the module must have is given, and no other. */
export function checkInputNames(
  node: { id: string; module: string; inputs?: Record<string, string> },
  pointer: string,
  { modules }: Pick<Program, 'modules'>,
  report: Report,
): void {
  const spec = modules[node.module];
  if (spec === undefined) return;
  const fields = moduleInputs(spec);
  const given = node.inputs ?? {};
  for (const field of fields)
    if (!Object.hasOwn(given, field.name) && !mayBeAbsent(field))
      report(
        `${pointer}/inputs`,
        `module ${node.module} wants the input ${field.name}, which node ${node.id} does not give`,
      );
  for (const name of Object.keys(given))
    if (!fields.some((field) => field.name === name))
      report(
        `${pointer}/inputs/${name}`,
        `module ${node.module} has no input ${name}; it takes [${fields.map((field) => field.name).join(', ')}]`,
      );
}
