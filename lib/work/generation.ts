import { DspexError } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { Acting } from '#lib/kernel/kernel';
import { readAnswer } from '#lib/optimizer/propose/answer';
import type { ProgramVersionBody } from '#lib/program/program';
import { close, type GenerationRecord, type GenerationWork } from './generations.ts';
import { actingFor, type Hold, type Home, type Origin } from './home.ts';
import { modelsOf } from './models.ts';
import { isOver, type OptimizationRecord } from './optimization.ts';
import { carryOutPythonJob } from './python-job.ts';
import { walletFor } from './search-wallet.ts';
import { teacherOf } from './teacher.ts';
import { isTooLate } from './too-late.ts';

/** `g4`: the part of a slice's id that tells a generation from a slice of a trial. */
export const isGeneration = (sliceId: string): boolean => /^g\d+$/.test(sliceId);

export async function startGeneration(acting: Acting, optimizationId: string, work: GenerationWork): Promise<void> {
  const input = {
    optimizationId,
    number: Number(work.id.slice(1)),
    work: work as unknown as JsonObject,
    name: work.id,
    purpose: work.purpose,
  };
  try {
    await acting.dispatch({ resource: 'Generation', action: 'create', input, as: 'system' });
  } catch (error) {
    // Another turn has asked it.
    if (!isTooLate(error)) throw error;
  }
}

/**
 * Puts one question to the teacher and records what it said, once. A failing model or an answer that cannot be read is a
 * failed generation, not a failed optimization: the strategy goes on with what it has.
 */
export async function carryOutGeneration(
  home: Home,
  message: Origin & { optimizationId: string; sliceId: string },
  hold: Hold,
): Promise<void> {
  const acting = actingFor(home, message, hold.signal);
  const record = await acting.get<OptimizationRecord>('Optimization', message.optimizationId);
  if (isOver(record)) return;
  const generation = await acting
    .find<GenerationRecord>('Generation', `${record.id}/${message.sliceId}`)
    .catch((error: unknown) => {
      if (DspexError.is(error) && error.status === 404) return null;
      throw error;
    });
  if (generation === null || generation.state !== 'running') return;
  const { work } = generation;
  if (work.job !== undefined)
    return carryOutPythonJob(home, acting, record, { ...generation, work: { ...work, job: work.job } }, hold);
  const input = await answered(home, acting, record, work, hold);
  if (input === null) return;
  await home.services.gateway.flush();
  await close(acting, generation.id, input);
}

/** Ends a generation without an answer. */
export function closeGeneration(acting: Acting, id: string, failure: string): Promise<void> {
  return close(acting, id, { ...NOTHING, status: 'failed', failure });
}

const NOTHING = { text: null, model: null, cached: false, tokens: 0, costNanoUsd: null, spentNanoUsd: 0 };

/** Null when the work was taken away. */
async function answered(
  home: Home,
  acting: Acting,
  record: OptimizationRecord,
  work: GenerationWork,
  hold: Hold,
): Promise<JsonObject | null> {
  let paid: JsonObject = NOTHING;
  const wallet = await walletFor(home, acting, record, work.id);
  try {
    const { body } = await acting.version<ProgramVersionBody>('Program', record.programId, record.version);
    const model = await teacherOf(record.strategy.config, body, await modelsOf(body, acting), acting);
    const answer = await home.services.gateway.complete({
      workspaceId: acting.workspaceId,
      model,
      messages: work.messages,
      parameters: work.parameters,
      sample: work.sample ?? 0,
      signal: hold.signal,
      ...(wallet === null ? {} : { purse: wallet }),
    });
    paid = {
      text: answer.text,
      model: `${model.provider}/${model.model}`,
      cached: answer.source !== 'provider',
      tokens: answer.usage.inputTokens + answer.usage.outputTokens,
      costNanoUsd: answer.costNanoUsd,
      spentNanoUsd: answer.spentNanoUsd,
    };
    if (work.answer !== undefined) readAnswer(work.answer, answer.text);
    return { ...paid, status: 'completed', failure: null };
  } catch (error) {
    if (hold.signal.aborted) return null;
    const { name, message } = failureOf(error);
    return { ...paid, status: 'failed', failure: message.slice(0, 2000), refused: name === 'Budget.Exceeded' };
  } finally {
    await wallet?.close();
  }
}
