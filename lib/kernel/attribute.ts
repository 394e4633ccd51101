import type * as z from 'zod';

/** The type inside `optional`, `nullable`, `default` and the like, one layer at a time; `null` at the core. */
function inner(type: z.ZodType): z.ZodType | null {
  const def = type._zod.def as { innerType?: z.ZodType };
  return def.innerType ?? null;
}

/** Marks set by `.meta(...)`, also when further wrappers were put around afterwards. */
export function isMarked(type: z.ZodType, mark: 'readOnly' | 'secret'): boolean {
  for (let layer: z.ZodType | null = type; layer !== null; layer = inner(layer)) {
    if ((layer.meta() as Record<string, unknown> | undefined)?.[mark] === true) return true;
  }
  return false;
}

/**
 * The same type without its default. In an update an absent attribute means "leave it", but zod fills a default in
 * even below `.optional()`, which would silently reset the attribute.
 */
export function withoutDefault(type: z.ZodType): z.ZodType {
  let layer = type;
  while (layer._zod.def.type === 'default' || layer._zod.def.type === 'prefault') layer = inner(layer) ?? layer;
  return layer;
}

/** What the attribute is when nobody says anything: its default, `undefined` when it is optional or has none. */
export function initialValue(type: z.ZodType): { known: boolean; value: unknown } {
  const parsed = type.safeParse(undefined);
  return { known: parsed.success, value: parsed.data };
}
