import { DspexError } from '#lib/base/errors';
import type { Acting } from '#lib/kernel/kernel';
import type { DomainEvent } from '#lib/ports/events';
import type { Aliases } from '#lib/resources/program/alias';
import { automaticAliases } from '#lib/resources/program/promotion';
import type { Gate } from '#lib/resources/program/promotion-gate';
import { actingFor, type Home } from './home.ts';

interface ProgramRecord {
  id: string;
  rev: number;
  name: string;
  aliases: Aliases;
  promotionGates: Gate[];
}

/**
 * An evaluation has ended: is there an automatic gate that it opens? Gives the aliases that point elsewhere now. Told
 * again it changes nothing: what was decided after the evaluation ended stands.
 */
export async function promoteProven(home: Home, event: DomainEvent): Promise<string[]> {
  const { programId, version, status } = event.data;
  if (event.type !== 'Evaluation.finish' || status !== 'completed') return [];
  if (typeof programId !== 'string' || typeof version !== 'number') return [];
  const acting = actingFor(home, event);
  const at = Date.parse(event.time);
  const first = await programNow(acting, programId);
  const promoted: string[] = [];
  for (const alias of first === null ? [] : automaticAliases(first, version, at)) {
    const program = await programNow(acting, programId);
    if (program === null || !automaticAliases(program, version, at).includes(alias)) continue;
    const target = { resource: 'Program', action: 'promote', id: programId, ifMatch: program.rev };
    try {
      await acting.dispatch({ ...target, input: { version, alias }, as: 'system' });
      promoted.push(alias);
    } catch (error) {
      // The gate stays shut, or the program is archived; somebody else changing it meanwhile is looked at again.
      if (!DspexError.is(error) || error.status !== 409 || error.code === 'conflict') throw error;
    }
  }
  return promoted;
}

async function programNow(acting: Acting, id: string): Promise<ProgramRecord | null> {
  try {
    return await acting.get<ProgramRecord>('Program', id);
  } catch (error) {
    if (DspexError.is(error) && error.status === 404) return null;
    throw error;
  }
}
