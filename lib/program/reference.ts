import type { Json } from '#lib/base/json';

declare const TYPE: unique symbol;
const TEXT = Symbol('dspex.expression');

/** An expression of a graph as TypeScript sees it: members of an object can be followed, and are checked. */
export type Ref<T> = { readonly [TYPE]: (value: never) => T } & (T extends readonly unknown[]
  ? unknown
  : T extends object
    ? { readonly [K in keyof T]: Ref<T[K]> }
    : unknown);

/** What may stand where a `T` is wanted: an expression, or the value itself. */
export type Given<T> = Ref<T> | (unknown extends T ? Json | Ref<unknown> : T);

/** A reference such as `nodes.answer`, whose members are references again. */
export function ref<T>(path: string): Ref<T> {
  return new Proxy(Object.create(null) as object, {
    get: (_target, key) => {
      if (key === TEXT) return path;
      if (key === Symbol.toPrimitive || key === 'toString') return () => path;
      return typeof key === 'symbol' ? undefined : ref(`${path}.${/^[A-Za-z_]\w*$/.test(key) ? key : `\`${key}\``}`);
    },
    has: (_target, key) => key === TEXT,
  }) as Ref<T>;
}

/** A JSONata expression over references: `` expression<string[]>`$append(${nodes.docs.passages}, ${input.extra})` ``. */
export function expression<T = unknown>(texts: TemplateStringsArray, ...parts: readonly Given<unknown>[]): Ref<T> {
  return ref<T>(texts.reduce((all, text, i) => all + textOf(parts[i - 1]) + text));
}

/** The text of a reference; a plain value as its literal, since JSON is JSONata. */
export function textOf(given: unknown): string {
  if (typeof given === 'object' && given !== null && TEXT in given) return given[TEXT] as string;
  return JSON.stringify(given);
}

export function textsOf(given: object): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, textOf(value)]));
}
