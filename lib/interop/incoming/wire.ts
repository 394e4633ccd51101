import type { ModuleSpec } from '#lib/module/spec';
import type { Graph } from '#lib/program/graph';
import { moduleOutputs } from '#lib/program/module-fields';
import { typeSource } from '#lib/signature/print';

/**
 * A graph for modules whose flow nobody told: DSPy keeps it in code. They run in the order of the state; an input is fed
 * by the nearest earlier output of its name, else it is an input of the program, and what no module reads is an output.
 */
export function wireByName(
  name: string,
  modules: readonly { id: string; spec: Pick<ModuleSpec, 'type' | 'signature'> }[],
  notes: string[],
): Graph {
  const input: Graph['input'] = {};
  const made = new Map<string, string>();
  const read = new Set<string>();
  const nodes: Graph['nodes'] = modules.map(({ id, spec }) => {
    const inputs: Record<string, string> = {};
    for (const field of spec.signature.inputs) {
      const source = made.get(field.name);
      if (source === undefined) input[field.name] ??= typeSource(field.type);
      else read.add(source);
      inputs[field.name] = source ?? `input.${field.name}`;
    }
    for (const { name: output } of moduleOutputs(spec as ModuleSpec)) made.set(output, `nodes.${id}.${output}`);
    return { id, kind: 'module', module: id, inputs };
  });
  const output: Graph['output'] = {};
  for (const { id, spec } of modules)
    for (const { name: field } of moduleOutputs(spec as ModuleSpec)) {
      const source = `nodes.${id}.${field}`;
      // Thoughts are an output only of the module that ends the program.
      if (read.has(source) || (field === 'reasoning' && id !== modules.at(-1)?.id)) continue;
      output[made.get(field) === source ? field : `${id}_${field}`] = source;
    }
  if (modules.length > 1)
    notes.push(
      `the flow is not in a DSPy state: the modules were joined by the names of their fields (${nodes
        .map(
          ({ id, inputs }) =>
            `${id}(${Object.entries(inputs ?? {})
              .map(([field, source]) => `${field}=${source}`)
              .join(', ')})`,
        )
        .join(' -> ')}); give "graph" in the mapping for another flow`,
    );
  return { name, input, output, nodes };
}
