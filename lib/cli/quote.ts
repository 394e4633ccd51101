import type { JsonObject } from '#lib/base/json';
import type { Client } from '#lib/derive/client/client';
import type { CommandCall } from './command.ts';
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
