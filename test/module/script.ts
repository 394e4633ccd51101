import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { createGateway } from '#lib/lm/gateway';
import { type ScriptedCall, type ScriptedStep, scriptedProvider } from '#lib/lm/scripted';
import type { ModuleContext } from '#lib/module/runtime';
import type { ModuleSpec } from '#lib/module/spec';
import { parseSignature } from '#lib/signature/parse';

/** A model that answers from a list, and everything it was asked. */
export function scripted(answers: readonly ScriptedStep[] | ((call: ScriptedCall) => ScriptedStep)): {
  asked: ScriptedCall[];
  context: ModuleContext;
} {
  const asked: ScriptedCall[] = [];
  const provider = scriptedProvider((call) => {
    asked.push(call);
    if (typeof answers === 'function') return answers(call);
    return answers[asked.length - 1] ?? new StepFailure('Model.Refused', `the script ends after ${answers.length}`);
  });
  const gateway = createGateway({ providers: { scripted: provider }, secrets: { get: async () => null } });
  const model = () => ({ provider: 'scripted', model: 'm', limits: { maxRetries: 0 } });
  return { asked, context: { workspaceId: 'wsp', gateway, model } };
}

export const TOO_LONG = new StepFailure('Model.Refused', 'this model has a maximum context length of 10 tokens');

export function moduleOf(type: ModuleSpec['type'], signature: string, more: Partial<ModuleSpec> = {}): ModuleSpec {
  const read = parseSignature(signature);
  return { type, implementation: 'native', signature: read, demos: [], config: {}, ...more };
}

export function chat(fields: JsonObject): string {
  const blocks = Object.entries(fields).map(
    ([name, value]) => `[[ ## ${name} ## ]]\n${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${blocks.join('\n\n')}\n\n[[ ## completed ## ]]\n`;
}

/** One round of ReAct. */
export const round = (tool: string, args: JsonObject = {}, thought = 'hm'): string =>
  chat({ next_thought: thought, next_tool_name: tool, next_tool_args: args });
