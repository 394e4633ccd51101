import type { Command } from '../command.ts';
import { table } from '../format.ts';
import { connected, dataDir } from '../options.ts';

interface Check {
  what: string;
  ok: boolean;
  found: string;
}

export const doctor: Command = {
  summary: 'check this machine and data folder: Node, folder, server, models',
  usage: '',
  run: async (call) => {
    const checks: Check[] = [
      { what: 'Node 24 or newer', ok: Number(process.versions.node.split('.')[0]) >= 24, found: process.version },
    ];
    try {
      await connected(call, async ({ client, address }) => {
        checks.push({ what: 'data folder', ok: true, found: dataDir(call) });
        checks.push({ what: 'server', ok: true, found: address ?? 'none runs; the folder was opened directly' });
        for await (const model of client.list<{ id: string; name: string; model: string; secretRef: string | null }>(
          'language-models',
        )) {
          const { body } = await client.call<{ ok: boolean; text: string | null; failure: string | null }>(
            'language-models',
            'test',
            { id: model.id },
          );
          checks.push({
            what: `model "${model.name}" (${model.model})`,
            ok: body.ok,
            found: body.ok ? 'answers' : (body.failure ?? 'no answer'),
          });
        }
      });
    } catch (error) {
      checks.push({ what: 'data folder', ok: false, found: error instanceof Error ? error.message : String(error) });
    }
    call.screen.result(checks, (all) =>
      table([['check', '', 'found'], ...all.map(({ what, ok, found }) => [what, ok ? 'ok' : 'FAILED', found])]),
    );
    return checks.every(({ ok }) => ok) ? 0 : 1;
  },
};
