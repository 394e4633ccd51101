import { createHash } from 'node:crypto';
import * as z from 'zod';
import { rfc3339 } from '#lib/base/clock';
import { Conflict, NotFound } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { Context } from '../define.ts';

/** A name that points at a version, and for a share of the runs at another one. */
export const Alias = z.object({
  version: z.int().min(1),
  previous: z.int().min(1).nullable(),
  since: z.string(),
  by: z.string(),
  shifted: z
    .object({ version: z.int().min(1), share: z.number() })
    .optional()
    .meta({ description: 'Serves that share of the runs instead, each sticky key always by the same version.' }),
});
export type Alias = z.output<typeof Alias>;
export type Aliases = Record<string, Alias>;

/** The aliases with one of them pointing elsewhere; where it pointed before is kept for a rollback. Ends a shift. */
export function pointed(
  aliases: Aliases,
  name: string,
  version: number,
  ctx: Pick<Context, 'now' | 'principal'>,
): JsonObject {
  const before = aliases[name];
  const previous = before?.version ?? null;
  const now = { since: rfc3339(ctx.now), by: ctx.principal.id };
  if (before !== undefined && previous === version) {
    if (before.shifted === undefined) return aliases as unknown as JsonObject;
    return { ...aliases, [name]: { version, previous: before.previous, ...now } } as unknown as JsonObject;
  }
  return { ...aliases, [name]: { version, previous, ...now } } as unknown as JsonObject;
}

/** The aliases with a share of one's runs served by another version. */
export function shifted(
  aliases: Aliases,
  name: string,
  to: { version: number; share: number },
  ctx: Pick<Context, 'now' | 'principal'>,
): JsonObject {
  const alias = aliases[name];
  if (alias === undefined)
    throw new Conflict('nothing_to_shift', `alias "${name}" points at no version yet; promote one first`);
  if (alias.version === to.version)
    throw new Conflict('nothing_to_shift', `alias "${name}" points at version ${to.version} already`);
  const since = { since: rfc3339(ctx.now), by: ctx.principal.id };
  return { ...aliases, [name]: { ...alias, ...since, shifted: to } } as unknown as JsonObject;
}

/**
 * Which version a request means: the number it gives, its alias, else `live`, else the newest. Of an alias whose runs are
 * being shifted the sticky key decides; without one it is the version the alias points at.
 */
export function pick(
  program: { id?: string; name: string; aliases: Aliases; latestVersion?: number },
  asked: { version?: number | undefined; alias?: string | undefined; sticky?: string | undefined },
): { version: number; alias: string | null } {
  if (asked.version !== undefined) return { version: asked.version, alias: null };
  const serving = ({ version, shifted: to }: Alias): number => {
    if (to === undefined || asked.sticky === undefined) return version;
    return chanceOf(program.id ?? program.name, asked.sticky) < to.share ? to.version : version;
  };
  if (asked.alias !== undefined) {
    const alias = program.aliases[asked.alias];
    if (alias === undefined) {
      const there = Object.keys(program.aliases).join(', ') || 'none';
      throw new NotFound('alias_unknown', `program ${program.name} has no alias "${asked.alias}"; there are: ${there}`);
    }
    return { version: serving(alias), alias: asked.alias };
  }
  const live = program.aliases.live;
  if (live !== undefined) return { version: serving(live), alias: 'live' };
  if (!program.latestVersion)
    throw new Conflict('no_version', `program ${program.name} has no version yet: publish one first`);
  return { version: program.latestVersion, alias: null };
}

/** A number in [0, 1) that a key always has of one program: a share that grows keeps whom it had. */
function chanceOf(program: string, key: string): number {
  return (
    createHash('sha256')
      .update(JSON.stringify([program, key]))
      .digest()
      .readUInt32BE(0) /
    2 ** 32
  );
}
