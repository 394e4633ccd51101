import { BOOTSTRAP } from '../cloud.ts';
import { type Command, WrongUsage } from '../command.ts';
import { flag, required } from '../options.ts';

export const deploy: Command = {
  summary: 'put the house into your AWS account',
  usage: '--stage NAME [--bootstrap] [--no-diff]',
  options: { stage: { type: 'string' }, bootstrap: { type: 'boolean' }, 'no-diff': { type: 'boolean' } },
  optionDocs: {
    stage: 'its settings stand in dspex.stages.json, or are the defaults',
    bootstrap: 'prepare the account for the CDK where nobody has yet',
    'no-diff': 'do not show what will change',
  },
  run: async (call) => {
    const stage = required(call, 'stage');
    const { screen, tools } = call;
    if (tools.cloud === undefined) throw new WrongUsage('deploy works in a clone of the project, where cdk/ is');
    const cloud = await tools.cloud();
    const version = await cloud.bootstrapVersion(stage);
    const prepared = version !== null && version >= BOOTSTRAP;
    if (!prepared && !flag(call, 'bootstrap')) {
      screen.warn(
        version === null
          ? 'This account and region are not prepared for the CDK yet: say --bootstrap to prepare them.'
          : `The CDK's stack here has version ${version}, wanted ${BOOTSTRAP}: say --bootstrap to renew it.`,
      );
      return 1;
    }
    await cloud.buildLayer(stage);
    if (!prepared && !(await cloud.cdk(stage, ['bootstrap']))) return 1;
    if (!flag(call, 'no-diff') && !(await cloud.cdk(stage, ['diff', '--all']))) return 1;
    if (!(await cloud.cdk(stage, ['deploy', '--all', '--require-approval', 'never']))) return 1;
    const { workspaceId, key } = await cloud.setUp(stage);
    const address = await cloud.addressOf(stage);
    await cloud.smoke(address, key);
    screen.result({ stage, address, workspaceId, key }, () =>
      [
        `The house is at ${address}`,
        `The API reference: ${address}docs`,
        key === null
          ? 'It was set up before; its admin key was shown then.'
          : `The first admin key, shown this once: ${key}`,
      ].join('\n'),
    );
    return 0;
  },
};
