import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { Purse } from '#lib/lm/budget/purse';
import type { CallRecord } from '../call-record.ts';
import type { ToolDeclaration, ToolKind, ToolTarget } from './declaration.ts';
import { FINISH_TOOL } from './finish.ts';

/** What carries a call out, by kind. A home provides what it has; what is not there fails by name. */
export type ToolRunners = {
  [K in ToolKind]?: (target: Extract<ToolTarget, { kind: K }>, args: JsonObject, call: ToolCall) => Promise<Json>;
};

export interface ToolCall {
  workspaceId: string;
  /** Names this call of this run: a receiver can recognise a repeated one. */
  idempotencyKey: string;
  signal?: AbortSignal;
  /** Told of the model calls a tool made, such as embeddings. */
  onCalls?: (calls: readonly CallRecord[]) => void;
  /** Pays for them. */
  purse?: Purse;
}

const ELSEWHERE: { [K in ToolKind]?: string } = {
  lambda: ': Lambda functions are called where dspex runs on AWS',
  python: ': there is no Python beside this home',
};

/**
 * Calls a tool with checked arguments. Throws StepFailure: `Input.Invalid` for arguments that do not fit,
 * `Effect.Failed` for what the tool did not do, `Internal` when this home cannot call such tools at all.
 */
export async function callTool(
  tool: ToolDeclaration,
  args: JsonObject,
  runners: ToolRunners,
  call: ToolCall,
): Promise<Json> {
  // Schemas are checked by a library that a start without tools should not pay for.
  const { checkArguments } = await import('./arguments.ts');
  if (tool === FINISH_TOOL) {
    checkArguments(tool, args);
    return 'Completed.';
  }
  const runner = runners[tool.kind] as
    | ((target: ToolTarget, args: JsonObject, call: ToolCall) => Promise<Json>)
    | undefined;
  if (runner === undefined)
    throw new StepFailure(
      'Internal',
      `tool ${tool.name} is of kind ${tool.kind}, which cannot be called here${ELSEWHERE[tool.kind] ?? ''}`,
    );
  return runner(tool, checkArguments(tool, args), call);
}
