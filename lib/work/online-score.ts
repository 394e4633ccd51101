import { DspexError } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { scoreFunction } from '#lib/metric/score';
import { metricHands } from '#lib/resources/metric/hands';
import type { Start } from '#lib/resources/trigger/attributes';
import { metricOf } from '#lib/resources/trigger/start';
import { actingFor, type Hold, type Home, type Origin } from './home.ts';
import { openWallet } from './wallet.ts';

interface FiringRecord {
  state: string;
  triggerId: string;
  start: Start;
  happened: { executionId?: string };
}

/** Scores the output of a production execution by a metric that needs no labels; a judge is asked through the gateway. */
export async function scoreOnline(home: Home, message: Origin & { firingId: string }, hold: Hold): Promise<void> {
  const acting = actingFor(home, message, hold.signal);
  const firing = await acting.get<FiringRecord>('Firing', message.firingId);
  const { start, happened, triggerId } = firing;
  if (firing.state !== 'started' || start.start !== 'score' || happened.executionId === undefined) return;
  const execution = await acting.get<{ programId: string; input: JsonObject; output: JsonObject | null }>(
    'Execution',
    happened.executionId,
  );
  const act = (resource: string, action: string, id: string, input: JsonObject) =>
    acting.dispatch({ resource, action, id, input, as: 'system' });
  let refused: string | null = null;
  const { workspaceId } = acting;
  const wallet = await openWallet(home, { workspaceId, programId: execution.programId }, message.firingId);
  try {
    const metric = await metricOf(start.metric, acting);
    const score = scoreFunction(metric, metricHands(home.services, acting, hold.signal, wallet ?? undefined));
    const { value, reason = null } = await score({}, execution.output ?? {}, execution.input);
    await act('Execution', 'score', happened.executionId, { triggerId, value, reason: reason?.slice(0, 4000) ?? null });
  } catch (error) {
    if (hold.signal.aborted || failureOf(error).retryable) throw error;
    if (DspexError.is(error) && (error.status >= 500 || error.code === 'conflict')) throw error;
    refused = failureOf(error).message;
  } finally {
    await wallet?.close();
  }
  await act('Firing', 'finish', message.firingId, { refused });
}

/** Nobody will score it any more: its deliveries are used up. */
export async function giveUpScore(home: Home, message: Origin & { firingId: string }, reason: string): Promise<void> {
  const acting = actingFor(home, message);
  if ((await acting.get<FiringRecord>('Firing', message.firingId)).state !== 'started') return;
  const input = { refused: reason };
  await acting.dispatch({ resource: 'Firing', action: 'finish', id: message.firingId, input, as: 'system' });
}
