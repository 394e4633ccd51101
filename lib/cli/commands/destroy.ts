import { DATA_STACK, STACKS } from '../cloud.ts';
import { type Command, type CommandCall, WrongUsage } from '../command.ts';
import { flag, required } from '../options.ts';

export const destroy: Command = {
  summary: 'take a house out of your AWS account; its data stays unless the stage says otherwise',
  usage: '--stage NAME [--yes]',
  options: { stage: { type: 'string' }, yes: { type: 'boolean' } },
  optionDocs: { stage: 'the stage to take away', yes: 'do not ask' },
  run: async (call) => {
    const stage = required(call, 'stage');
    const { screen, tools } = call;
    if (tools.cloud === undefined) throw new WrongUsage('destroy works in a clone of the project, where cdk/ is');
    const cloud = await tools.cloud();
    const keeps = await cloud.retainsData(stage);
    if (!flag(call, 'yes') && !(await confirmed(call, stage, keeps))) {
      screen.warn('Nothing was done.');
      return 1;
    }
    if (!(await cloud.cdk(stage, ['destroy', ...STACKS, '--force']))) return 1;
    if (!keeps) {
      // Nobody writes any more.
      await cloud.deleteData(stage);
      if (!(await cloud.cdk(stage, ['destroy', DATA_STACK, '--force']))) return 1;
    }
    // Only when nobody can make another.
    const machines = await cloud.deleteMachines(stage);
    screen.result({ stage, machines, dataKept: keeps }, () =>
      [
        `The house ${stage} is gone, and ${machines.length} state machines that it had made.`,
        keeps
          ? `Its tables, bucket and queues are still there (stack dspex-${stage}-data); docs/deploy.md says how to delete them, too.`
          : 'Its data is gone, too.',
      ].join('\n'),
    );
    return 0;
  },
};

async function confirmed({ screen, tools }: CommandCall, stage: string, keeps: boolean): Promise<boolean> {
  screen.warn(
    `This takes away the house ${stage}${keeps ? ', but for its data' : ' AND ALL ITS DATA'}. Type its name to go on:`,
  );
  let typed = '';
  for await (const bytes of tools.stdin) {
    typed += Buffer.from(bytes).toString();
    if (typed.includes('\n')) break;
  }
  return typed.split('\n')[0]?.trim() === stage;
}
