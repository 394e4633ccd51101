import { stringify } from 'yaml';
import type { ProgramVersionBody } from '#lib/program/program';

/** A version as the source it could have been published from: everything in place, nothing by name. */
export function exportProgram(body: ProgramVersionBody, format: 'json' | 'yaml'): string {
  const { graph, modules, variables, bindings, constraints, lms, assignment } = body;
  const models = Object.fromEntries(
    Object.entries(lms).map(([name, { provider, model, defaults = {} }]) => {
      const id = `${provider}/${model}`;
      return [name, Object.keys(defaults).length === 0 ? id : { model: id, defaults }];
    }),
  );
  const source = { graph, modules, variables, bindings, constraints, lms: models, assignment };
  return format === 'yaml' ? stringify(source, { lineWidth: 120 }) : `${JSON.stringify(source, null, 2)}\n`;
}
