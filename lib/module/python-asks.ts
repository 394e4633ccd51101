import { StepFailure } from '#lib/base/failure';
import { isJsonObject } from '#lib/base/json';
import type { PythonAsk } from '#lib/ports/python';
import type { Values } from '#lib/signature/signature';
import type { PythonParts } from './python-parts.ts';
import type { ModuleContext } from './runtime.ts';
import type { ModuleSpec } from './spec.ts';
import { callTool } from './tool/call.ts';

/** What a module in Python has done on this side: its tools, and the judging of its draws. */
export function pythonAsks(
  module: ModuleSpec,
  inputs: Values,
  context: ModuleContext,
  parts: PythonParts,
): Record<string, PythonAsk> {
  let called = 0;
  return {
    tool: async ({ name, args }, signal) => {
      const tool = module.tools?.find((one) => one.name === name);
      if (tool === undefined) throw new StepFailure('Input.Invalid', `there is no tool ${JSON.stringify(name)}`);
      const given = isJsonObject(args ?? null) ? (args as Values) : {};
      called += 1;
      const idempotencyKey = `${context.idempotencyKey ?? ''}/tool/${called}`;
      const { workspaceId, tools = {} } = context;
      const call = { workspaceId, idempotencyKey, signal };
      return { observation: await parts.here('tool', tool.name, given, () => callTool(tool, given, tools, call)) };
    },
    reward: async ({ outputs }) => {
      if (module.reward === undefined || context.reward === undefined)
        throw new StepFailure('Internal', `${module.type} needs a reward, and none can be computed here`);
      const judged = isJsonObject(outputs ?? null) ? (outputs as Values) : {};
      return { reward: await context.reward(module.reward, inputs, judged) };
    },
  };
}
