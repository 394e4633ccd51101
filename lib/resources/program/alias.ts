import * as z from 'zod';
import { rfc3339 } from '#lib/base/clock';
import { Conflict, NotFound } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { Context } from '../define.ts';

/** A name that points at a version. */
export const Alias = z.object({
  version: z.int().min(1),
  previous: z.int().min(1).nullable(),
  since: z.string(),
  by: z.string(),
});
export type Aliases = Record<string, z.output<typeof Alias>>;

/** The aliases with one of them pointing elsewhere; where it pointed before is kept for a rollback. */
export function pointed(
  aliases: Aliases,
  name: string,
  version: number,
  ctx: Pick<Context, 'now' | 'principal'>,
): JsonObject {
  const previous = aliases[name]?.version ?? null;
  if (previous === version) return aliases as unknown as JsonObject;
  return {
    ...aliases,
    [name]: { version, previous, since: rfc3339(ctx.now), by: ctx.principal.id },
  } as unknown as JsonObject;
}

/** Which version a request means: the number it gives, its alias, else `live`, else the newest. */
export function pick(
  program: { name: string; aliases: Aliases; latestVersion?: number },
  asked: { version?: number | undefined; alias?: string | undefined },
): { version: number; alias: string | null } {
  if (asked.version !== undefined) return { version: asked.version, alias: null };
  if (asked.alias !== undefined) {
    const alias = program.aliases[asked.alias];
    if (alias === undefined) {
      const there = Object.keys(program.aliases).join(', ') || 'none';
      throw new NotFound('alias_unknown', `program ${program.name} has no alias "${asked.alias}"; there are: ${there}`);
    }
    return { version: alias.version, alias: asked.alias };
  }
  const live = program.aliases.live;
  if (live !== undefined) return { version: live.version, alias: 'live' };
  if (!program.latestVersion)
    throw new Conflict('no_version', `program ${program.name} has no version yet: publish one first`);
  return { version: program.latestVersion, alias: null };
}
