import type { CloudCheck } from '../cloud.ts';
import { type Command, type CommandCall, WrongUsage } from '../command.ts';
import { table } from '../format.ts';
import { connected, dataDir, text } from '../options.ts';

export const doctor: Command = {
  summary: 'check this machine and data folder (Node, folder, server, models), or with --stage an AWS account',
  usage: '[--stage NAME]',
  options: { stage: { type: 'string' } },
  optionDocs: {
    stage:
      "what a deployment of this stage needs: versions, layer, credentials, the account's quotas, access to models",
  },
  run: async (call) => {
    const stage = text(call, 'stage');
    const checks = [node(), ...(stage === undefined ? await here(call) : await there(call, stage))];
    call.screen.result(
      checks.map((check) => ({ ...check, ok: check.state !== 'failed' })),
      (all) => table([['check', '', 'found'], ...all.map(({ what, state, found }) => [what, SHOWN[state], found])]),
    );
    return checks.some(({ state }) => state === 'failed') ? 1 : 0;
  },
};

const SHOWN: Readonly<Record<CloudCheck['state'], string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  unknown: 'not checked',
};

function node(): CloudCheck {
  const fits = Number(process.versions.node.split('.')[0]) >= 24;
  return { what: 'Node 24 or newer', state: fits ? 'ok' : 'failed', found: process.version };
}

async function there({ tools }: CommandCall, stage: string): Promise<CloudCheck[]> {
  if (tools.cloud === undefined) throw new WrongUsage('doctor --stage works in a clone of the project, where cdk/ is');
  return (await tools.cloud()).inspect(stage);
}

async function here(call: CommandCall): Promise<CloudCheck[]> {
  const checks: CloudCheck[] = [];
  try {
    await connected(call, async ({ client, address }) => {
      checks.push({ what: 'data folder', state: 'ok', found: dataDir(call) });
      checks.push({ what: 'server', state: 'ok', found: address ?? 'none runs; the folder was opened directly' });
      for await (const model of client.list<{ id: string; name: string; model: string }>('language-models')) {
        const { body } = await client.call<{ ok: boolean; failure: string | null }>('language-models', 'test', {
          id: model.id,
        });
        checks.push({
          what: `model "${model.name}" (${model.model})`,
          state: body.ok ? 'ok' : 'failed',
          found: body.ok ? 'answers' : (body.failure ?? 'no answer'),
        });
      }
    });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    checks.push({ what: 'data folder', state: 'failed', found });
  }
  return checks;
}
