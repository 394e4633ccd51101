import type { ProgramVersionBody } from '#lib/program/program';
import { moduleDefinition } from '../module/export.ts';

/** A version as the source it could have been published from: everything in place, nothing by name. */
export async function exportProgram(body: ProgramVersionBody, format: 'json' | 'yaml'): Promise<string> {
  const { graph, modules, variables, bindings, constraints, lms, assignment, origin } = body;
  const models = Object.fromEntries(
    Object.entries(lms).map(([name, { provider, model, defaults = {} }]) => {
      const id = `${provider}/${model}`;
      return [name, Object.keys(defaults).length === 0 ? id : { model: id, defaults }];
    }),
  );
  const definitions = Object.fromEntries(Object.entries(modules).map(([name, spec]) => [name, moduleDefinition(spec)]));
  const source = { graph, modules: definitions, variables, bindings, constraints, lms: models, assignment, origin };
  if (format === 'json') return `${JSON.stringify(source, null, 2)}\n`;
  // 115 KB that no other request needs.
  const { stringify } = await import('yaml');
  return stringify(source, { lineWidth: 120 });
}
