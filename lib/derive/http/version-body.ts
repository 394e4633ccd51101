import * as z from 'zod';
import { isMarked } from '#lib/kernel/attribute';
import type { ResourceInfo } from '#lib/kernel/info';

/** What a surface shows of a version's body: a version freezes secrets too, but they never leave. */
export function versionShape(resource: ResourceInfo): z.ZodObject {
  const shape = (resource.versionBody?.shape ?? {}) as Record<string, z.ZodType>;
  return z.object(Object.fromEntries(Object.entries(shape).filter(([, type]) => !isMarked(type, 'secret'))));
}
