import type { Json } from '#lib/base/json';

/**
 * Computes an expression over named values; throws when it cannot. Handed in by the caller: the expression language
 * lives in lib/program, which this room must not know. May be asynchronous, because JSONata is.
 */
export type EvaluateExpression = (
  expression: string,
  scope: Record<string, Json>,
) => Json | undefined | Promise<Json | undefined>;
