import type { Json, JsonObject } from '#lib/base/json';
import type { ProgramVersionBody } from '#lib/program/program';
import { signatureToJson } from '#lib/signature/signature-json';

/** A version as the source that publishes it again, nothing by name; instructions apart, so that they stay as they are. */
export function sourceOf(version: ProgramVersionBody): JsonObject {
  const { graph, modules, variables, bindings, constraints, lms, assignment, origin } = version;
  return {
    graph,
    modules: Object.fromEntries(
      Object.entries(modules).map(([name, module]) => {
        const { instructions, ...signature } = signatureToJson(module.signature);
        return [name, { ...module, signature, instructions }];
      }),
    ),
    variables,
    bindings,
    constraints,
    lms: Object.fromEntries(
      Object.entries(lms).map(([name, { provider, model, defaults }]) => [
        name,
        defaults === undefined ? `${provider}/${model}` : { model: `${provider}/${model}`, defaults },
      ]),
    ),
    assignment,
    origin,
  } as unknown as Record<string, Json>;
}
