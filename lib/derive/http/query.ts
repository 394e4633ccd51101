import type * as z from 'zod';
import { InvalidInput, type Problem } from '#lib/base/errors';
import { pointerOf } from '#lib/base/pointer';
import type { ListOptions } from '#lib/kernel/resource';

export const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 20;

/** The query string as a record. A name that is not allowed here, or given twice, is InvalidInput. */
export function readQuery(url: string, allowed: readonly string[]): Record<string, string> {
  const start = url.indexOf('?');
  if (start < 0) return {};
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, value] of new URLSearchParams(url.slice(start))) {
    const pointer = pointerOf([name.slice(0, 80)]);
    if (!allowed.includes(name))
      problems.push({ pointer, detail: `no such query parameter; there are ${allowed.join(', ') || 'none'}` });
    else if (values.has(name)) problems.push({ pointer, detail: 'the query parameter is there twice' });
    else if (value.length > 4096) problems.push({ pointer, detail: 'the value is longer than 4096 characters' });
    values.set(name, value);
  }
  if (problems.length > 0)
    throw new InvalidInput('invalid_query', 'the query string does not fit this route', { problems });
  return Object.fromEntries(values);
}

export function readLimit({ limit = String(DEFAULT_LIMIT) }: Record<string, string>): number {
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT)
    throw bad('limit', `wanted a whole number from 1 to ${MAX_LIMIT}, there was ${JSON.stringify(limit.slice(0, 40))}`);
  return Number(limit);
}

export function readOrder(order: string): NonNullable<ListOptions['order']> {
  if (order !== 'newest' && order !== 'oldest')
    throw bad('order', `wanted newest or oldest, there was ${JSON.stringify(order.slice(0, 40))}`);
  return order;
}

/** A filter by nothing is a slip of the client's: it would find nothing, and nobody would know why. */
export function readFilter(filter: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(filter))
    if (value === '') throw bad(name, 'wanted a value to filter by, there was none');
  return filter;
}

/** `?wait=true`. */
export function readWait(query: Record<string, string>): boolean {
  const { wait = 'false' } = query;
  if (wait !== 'true' && wait !== 'false')
    throw bad('wait', `wanted true or false, there was ${JSON.stringify(wait.slice(0, 40))}`);
  return wait === 'true';
}

/** Query values as the types an input schema wants: a query string itself knows only text. */
export function typed(query: Record<string, string>, input: z.ZodObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const kind = kindOf(input.shape[name]);
      if (kind === 'boolean' && (value === 'true' || value === 'false')) return [name, value === 'true'];
      if (kind === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) return [name, Number(value)];
      return [name, value];
    }),
  );
}

/** Optional, default and nullable wrappers taken off. */
function kindOf(schema: unknown): string | undefined {
  const def = (schema as { def?: { type: string; innerType?: unknown } } | undefined)?.def;
  return def?.innerType === undefined ? def?.type : kindOf(def.innerType);
}

function bad(name: string, detail: string): InvalidInput {
  return new InvalidInput('invalid_query', `the query parameter ${name} does not fit: ${detail}`, {
    problems: [{ pointer: `/${name}`, detail }],
  });
}
