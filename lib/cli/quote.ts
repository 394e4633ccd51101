import type { JsonObject } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';
import type { CommandCall } from './command.ts';
import { milliseconds, money, table } from './format.ts';
import { flag } from './options.ts';

// The embedded model and the scripted one cost nothing; everything else may.
const FREE = new Set(['embedded', 'scripted']);

/** The model ids a program version uses. */
export async function modelsOfProgram(client: Client, program: string, version?: number): Promise<string[]> {
  const { body } = await client.get<{
    id: string;
    latestVersion: number;
    aliases: JsonObject & { live?: { version: number } };
  }>('programs', program);
  const number = version ?? body.aliases.live?.version ?? body.latestVersion;
  const { body: found } = await client.version<{ body: { lms: Record<string, { provider: string; model: string }> } }>(
    'programs',
    body.id,
    number,
  );
  return Object.values(found.body.lms).map(({ provider, model }) => `${provider}/${model}`);
}

/** Would this cost money that nobody has agreed to yet? */
export function isPaid(call: CommandCall, models: readonly string[]): boolean {
  return models.some((model) => !FREE.has(model.split('/')[0] ?? '')) && !flag(call, 'yes');
}

type Span = { low: number; likely: number; high: number };
export type Estimate = JsonObject & {
  exampleRuns: Span;
  measured: number;
  calls: Span;
  tokens: Span;
  nanoUsd: Span | null;
  seconds: Span;
  basis: 'executions' | 'prompts';
};

/** What an optimization would take, with the range it should stay in. */
export function estimateTable({ exampleRuns, measured, calls, tokens, nanoUsd, seconds, basis }: Estimate): string {
  const row = (name: string, span: Span, shown: (value: number) => string): string[] => [
    ...[name, shown(span.likely), shown(span.low), shown(span.high)],
  ];
  const whole = (value: number): string => String(Math.round(value));
  const unknown = { low: Number.NaN, likely: Number.NaN, high: Number.NaN };
  const learned = basis === 'executions' ? 'earlier runs of the program' : 'its rendered prompts';
  return [
    table([
      ['', 'likely', 'at least', 'at most'],
      row('program runs', exampleRuns, whole),
      row('model calls', calls, whole),
      row('tokens', tokens, whole),
      row('money', nanoUsd ?? unknown, (value) => money(Number.isNaN(value) ? null : value)),
      row('time', seconds, (value) => milliseconds(1000 * value)),
    ]),
    `baseline and winner measured on ${measured} examples each are part of it; by ${learned}`,
  ].join('\n');
}

/**
 * A paid model is used by a search only after a quote and `--yes`. True when the caller has to stop: the quote has then
 * been shown.
 */
export function refuseUnquoted(call: CommandCall, models: readonly string[], exampleRuns: number | null): boolean {
  const paid = models.filter((model) => !FREE.has(model.split('/')[0] ?? ''));
  if (paid.length === 0 || flag(call, 'yes')) return false;
  const much =
    exampleRuns === null
      ? 'as many program runs as the search needs'
      : `up to ${exampleRuns} program runs in the search, plus two measurements of the test split`;
  call.screen.warn(`this would call ${paid.join(', ')}: ${much}, at the provider's prices. Say --yes to go ahead.`);
  return true;
}
