import jsonata from 'jsonata';
import { failureOf, StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { type Ast, checkAst, type Reference } from './expression-check.ts';
import { guard, LIMITS, plainJson } from './expression-guard.ts';

/** An expression let in: what it reads is known, and it cannot run away. */
export interface Expression {
  readonly text: string;
  readonly references: readonly Reference[];
  /** A plain path or a literal gives its value at once; the rest is JSONata and gives a promise. */
  evaluate(scope: JsonObject): Json | undefined | Promise<Json | undefined>;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;
// A plain text: what JSONata would unescape is left to JSONata.
const STRING = /^(?:"[^"\\]*"|'[^'\\]*')$/;
const WORDS: Record<string, Json> = { true: true, false: false, null: null };
const OPERATORS = new Set(['and', 'or', 'in']);

const CACHE_SIZE = 2000;
const cache = new Map<string, Expression>();

/** Throws StepFailure `Expression.Failed` with `details.position` for text that cannot be let in. */
export function compileExpression(text: string): Expression {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const expression = literal(text) ?? plainPath(text) ?? viaJsonata(text);
  // Oldest out first: an optimizer makes new texts all the time.
  if (cache.size >= CACHE_SIZE)
    for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
  cache.set(text, expression);
  return expression;
}

/** What rooms that take an expression language as a parameter are given; `undefined` when the expression finds nothing. */
export function evaluateExpression(
  text: string,
  scope: Record<string, Json>,
): Json | undefined | Promise<Json | undefined> {
  return compileExpression(text).evaluate(scope);
}

function literal(text: string): Expression | undefined {
  const trimmed = text.trim();
  let value: Json;
  if (Object.hasOwn(WORDS, trimmed)) value = WORDS[trimmed] as Json;
  else if (NUMBER.test(trimmed)) value = Number(trimmed);
  else if (STRING.test(trimmed)) value = trimmed.slice(1, -1);
  else return undefined;
  return typeof value === 'number' && !Number.isFinite(value)
    ? undefined
    : { text, references: [], evaluate: () => value };
}

/** `input.question`: read by own members alone. Only a list on the way, which JSONata maps over, goes the long way. */
function plainPath(text: string): Expression | undefined {
  const names = text.trim().split('.');
  if (text.length > LIMITS.textLength || OPERATORS.has(names[0] ?? '') || !names.every((name) => NAME.test(name)))
    return undefined;
  let long: Expression | undefined;
  return {
    text,
    references: [names],
    evaluate: (scope) => {
      let value: Json | undefined = scope;
      for (const name of names) {
        if (typeof value !== 'object' || value === null) return undefined;
        if (Array.isArray(value)) {
          long ??= viaJsonata(text);
          return long.evaluate(scope);
        }
        value = Object.hasOwn(value, name) ? value[name] : undefined;
      }
      return value;
    },
  };
}

function viaJsonata(text: string): Expression {
  const compiled = parse(text);
  const { references, refusal } = checkAst(compiled.ast() as Ast);
  if (refusal !== undefined) throw failed(text, refusal.detail, refusal.position);
  guard(compiled);
  return {
    text,
    references,
    evaluate: async (scope) => {
      try {
        return plainJson(await compiled.evaluate(scope));
      } catch (error) {
        throw explain(text, error);
      }
    },
  };
}

function parse(text: string): jsonata.Expression {
  if (text.length > LIMITS.textLength)
    throw failed(text, `an expression has at most ${LIMITS.textLength} characters, this has ${text.length}`);
  // JSONata's parser takes twice as long for each of these inside another.
  const defaults = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""').match(/\?\s*[:?]/g)?.length ?? 0;
  if (defaults > 8) throw failed(text, `at most 8 of ?: and ?? in one expression, this has ${defaults}`);
  try {
    return jsonata(text, { timeout: LIMITS.milliseconds, stack: LIMITS.depth, sequence: LIMITS.sequence });
  } catch (error) {
    throw explain(text, error);
  }
}

/** JSONata throws plain objects with a code, Exceeded is ours, and a stack overflow is a RangeError. */
function explain(text: string, error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  if (error instanceof RangeError) return failed(text, 'nests too deep or makes too long a text');
  const { message, position } = error as { message?: unknown; position?: unknown };
  return failed(
    text,
    typeof message === 'string' && message !== '' ? message : failureOf(error).message,
    typeof position === 'number' ? position : undefined,
  );
}

function failed(text: string, detail: string, position?: number): StepFailure {
  const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
  return new StepFailure('Expression.Failed', `Expression ${JSON.stringify(shown)}: ${detail}`, {
    details: { expression: shown, ...(position === undefined ? {} : { position }) },
  });
}
