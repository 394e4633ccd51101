import type { Clock } from '#lib/base/clock';
import { rfc3339 } from '#lib/base/clock';
import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { calculate } from './calculate.ts';
import type { ToolRunners } from './call.ts';
import type { ToolFace } from './declaration.ts';

interface Builtin extends Omit<ToolFace, 'name'> {
  run(args: JsonObject, clock: Clock): Json;
}

/** Tools that need nothing but us. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  calculator: {
    description: 'Computes an arithmetic expression: numbers, + - * / % ^, parentheses, sqrt, abs, round, min, max.',
    parameters: { type: 'object', properties: { expression: { type: 'string' } }, required: ['expression'] },
    run: ({ expression }) => calculate(String(expression)),
  },
  current_time: {
    description: 'Gives the current date and time in UTC.',
    parameters: { type: 'object', properties: {} },
    run: (_args, clock) => rfc3339(clock.now()),
  },
};

export function builtinTool(clock: Clock): NonNullable<ToolRunners['builtin']> {
  return async ({ builtin }, args) => {
    const tool = Object.hasOwn(BUILTINS, builtin) ? BUILTINS[builtin] : undefined;
    if (tool === undefined)
      throw new StepFailure('Effect.Failed', `there is no built-in tool ${builtin}; there are ${builtinNames()}`);
    return tool.run(args, clock);
  };
}

export const builtinNames = (): string => Object.keys(BUILTINS).join(', ');
