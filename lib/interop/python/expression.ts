import jsonata from 'jsonata';
import { pythonRepr } from '#lib/adapter/python-value';
import type { Json } from '#lib/base/json';
import type { Ast } from '#lib/program/expression-check';

/** An expression in Python, with the helper functions it needs (`HELPERS`); or why it has no Python here. */
export type Translated = { python: string; helpers: string[] } | { why: string };

const FUNCTIONS: Record<string, { name: string; arity: number[] }> = {
  append: { name: '_append', arity: [2] },
  count: { name: '_count', arity: [1] },
  exists: { name: '_exists', arity: [1] },
  join: { name: '_join', arity: [1, 2] },
  not: { name: '_not', arity: [1] },
};
const COMPARISONS: Record<string, string> = { '<': '<', '>': '>', '<=': '<=', '>=': '>=' };

/**
 * A JSONata expression as Python over `scope` (`input`, `nodes`, in a map `item` and `index`). Paths, literals, lists,
 * objects, text joining, comparisons, conditions and a few functions; the rest is said to be untranslatable, not guessed.
 * `sure`: paths such as `input.question` that always hold a value, so that no helper needs to look for it.
 */
export function translate(text: string, sure: ReadonlySet<string> = NOTHING): Translated {
  const helpers = new Set<string>();
  try {
    return { python: python(jsonata(text).ast() as Ast, helpers, sure), helpers: [...helpers] };
  } catch (error) {
    return { why: (error as Error).message };
  }
}

const NOTHING: ReadonlySet<string> = new Set();

class Untranslatable extends Error {}

function python(ast: Ast, helpers: Set<string>, sure: ReadonlySet<string>): string {
  const inner = (child: Ast | undefined): string => {
    if (child === undefined) throw new Untranslatable('a part of it is missing');
    return python(child, helpers, sure);
  };
  const call = (name: string, args: string[]): string => {
    helpers.add(name);
    return `${name}(${args.join(', ')})`;
  };
  if (ast.focus !== undefined || ast.index !== undefined || ast.group !== undefined || ast.predicate !== undefined)
    throw new Untranslatable('a binding, grouping or filter');
  switch (ast.type) {
    case 'string':
    case 'number':
    case 'value':
      return pythonRepr(ast.value as Json);
    case 'path':
      return path(ast, call, sure);
    case 'condition':
      return `(${inner(ast.then)} if ${call('_true', [inner(ast.condition)])} else ${ast.else === undefined ? 'None' : inner(ast.else)})`;
    case 'unary':
      if (ast.value === '[') return list(ast.expressions ?? [], inner, call);
      if (ast.value === '{')
        return `{${((ast.lhs as [Ast, Ast][]) ?? []).map(([key, value]) => `${inner(key)}: ${inner(value)}`).join(', ')}}`;
      break;
    case 'binary': {
      const sides = [inner(ast.lhs as Ast), inner(ast.rhs)];
      const operator = String(ast.value);
      if (operator === '&') return call('_text', sides);
      if (operator === '=') return call('_equal', sides);
      if (operator === '!=') return `not ${call('_equal', sides)}`;
      if (operator === 'and' || operator === 'or')
        return `(${sides.map((side) => call('_true', [side])).join(` ${operator} `)})`;
      if (Object.hasOwn(COMPARISONS, operator)) return `(${sides.join(` ${operator} `)})`;
      throw new Untranslatable(`the operator ${operator}`);
    }
    case 'function': {
      const name = String(ast.procedure?.value);
      const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
      const args = (ast.arguments ?? []).map(inner);
      if (known === undefined || !known.arity.includes(args.length)) throw new Untranslatable(`the function $${name}`);
      return call(known.name, args);
    }
  }
  throw new Untranslatable(`${ast.type ?? 'this'} ${String(ast.value ?? '')}`.trim());
}

function path(ast: Ast, call: (name: string, args: string[]) => string, sure: ReadonlySet<string>): string {
  const { steps = [] } = ast;
  const index = constantIndex(steps.at(-1));
  const names = steps.map((step, place) => {
    const last = index !== undefined && place === steps.length - 1;
    if (
      step.type !== 'name' ||
      (step.stages !== undefined && !last) ||
      step.focus !== undefined ||
      step.index !== undefined
    )
      throw new Untranslatable('a path with more than names in it');
    return String(step.value);
  });
  const quoted = names.map((name) => JSON.stringify(name));
  if (index === undefined && sure.has(names.join('.')))
    return `${names[0]}${quoted
      .slice(1)
      .map((name) => `[${name}]`)
      .join('')}`;
  const found = call('_get', ['scope', ...quoted]);
  return index === undefined ? found : call('_at', [found, String(index)]);
}

/** `passages[0]`: the one filter that is only a place in a list. */
function constantIndex(step: Ast | undefined): number | undefined {
  const [stage, ...more] = (step?.stages ?? []) as { type?: string; expr?: Ast }[];
  const value =
    stage?.type === 'filter' && more.length === 0 && stage.expr?.type === 'number' ? stage.expr.value : undefined;
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** `[a, b]`: what is not there is left out, and a list that is a member stays one. */
function list(items: Ast[], inner: (ast: Ast) => string, call: (name: string, args: string[]) => string): string {
  if (items.every(({ type }) => type === 'string' || type === 'number' || type === 'value'))
    return `[${items.map(inner).join(', ')}]`;
  return call('_list_of', items.map(inner));
}

/** Python of the helpers, by name; those that use another one name it. */
export const NEEDS: Record<string, string[]> = { _join: ['_as_list'] };
export const HELPERS: Record<string, string> = {
  _get: `def _get(value, *names):
    """Follows a path, through lists too; what is not there is None."""
    for name in names:
        if isinstance(value, list):
            found = [_get(item, name) for item in value]
            flat = [one for part in found if part is not None for one in (part if isinstance(part, list) else [part])]
            value = flat[0] if len(flat) == 1 else flat or None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value`,
  _at: `def _at(value, index):
    items = value if isinstance(value, list) else [] if value is None else [value]
    return items[index] if -len(items) <= index < len(items) else None`,
  _as_list: `def _as_list(value):
    """What a field that wants a list is given: one value is wrapped, nothing is []."""
    return value if isinstance(value, list) else [] if value is None else [value]`,
  _true: `def _true(value):
    return any(map(_true, value)) if isinstance(value, list) else bool(value)`,
  _not: `def _not(value):
    return not (any(map(bool, value)) if isinstance(value, list) else bool(value))`,
  _text: `def _text(*values):
    def one(value):
        if value is None or isinstance(value, str):
            return value or ""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    return "".join(map(one, values))`,
  _equal: `def _equal(a, b):
    return (type(a) is type(b) or {type(a), type(b)} <= {int, float}) and a == b`,
  _append: `def _append(a, b):
    if a is None or b is None:
        return b if a is None else a
    return (a if isinstance(a, list) else [a]) + (b if isinstance(b, list) else [b])`,
  _count: `def _count(value):
    return len(value) if isinstance(value, list) else 0 if value is None else 1`,
  _exists: `def _exists(value):
    return value is not None`,
  _join: `def _join(values, separator=""):
    return None if values is None else separator.join(_as_list(values))`,
  _note: `def _note(node, error):
    logging.getLogger(__name__).warning("node %s failed, going on: %s: %s", node, type(error).__name__, error)`,
  _untranslated: `def _untranslated(where, expression):
    raise NotImplementedError(f"{where}: the expression {expression} was not translated to Python")`,
  _ask: `def _ask(module, inputs, adapter=None):
    """One call of a module; its outputs as plain values."""
    with contextlib.nullcontext() if adapter is None else dspy.context(adapter=adapter):
        return module(**inputs).toDict()`,
  _list_of: `def _list_of(*values):
    return [value for value in values if value is not None]`,
};
