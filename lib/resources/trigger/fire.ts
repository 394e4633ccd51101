import { DspexError } from '#lib/base/errors';
import { idFrom } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import type { Acting } from '#lib/kernel/kernel';
import type { Happened, Start } from './attributes.ts';

/** One firing for a trigger and a key, whoever notices it and however often. */
export function firingId(triggerId: string, key: string): string {
  return idFrom('fir', triggerId, key);
}

/**
 * Fires a trigger once: the firing and what it starts are one transaction, and the firing's id follows from trigger and
 * key. What cannot be started is a firing too, that says why. Gives the firing's id, and whether it is new.
 */
export async function fire(
  trigger: { id: string; start: Start },
  { key, happened }: { key: string; happened: Happened },
  ctx: Pick<Acting, 'dispatch'>,
): Promise<{ id: string; fired: boolean }> {
  const id = firingId(trigger.id, key);
  const input = { triggerId: trigger.id, key, happened, start: trigger.start } as unknown as JsonObject;
  const create = (refused: string | null) =>
    ctx.dispatch({ resource: 'Firing', action: 'create', id, input: { ...input, refused }, as: 'system' });
  try {
    await create(null);
    return { id, fired: true };
  } catch (error) {
    if (isTaken(error)) return { id, fired: false };
    // What may go better next time is brought again by whoever noticed it.
    if (!DspexError.is(error) || error.status >= 500 || error.code === 'conflict') throw error;
    await create(error.message).catch((again: unknown) => {
      if (!isTaken(again)) throw again;
    });
    return { id, fired: true };
  }
}

const isTaken = (error: unknown): boolean => DspexError.is(error) && error.code === 'already_exists';
