import {
  DeleteStateMachineCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { asking } from '../client/fault.ts';
import { type AwsAccess, clientOptions, isEmulated } from '../client/options.ts';

const PATIENCE = { requestTimeoutMs: 10_000, maxAttempts: 8 };

/**
 * Deletes the machines that a house has made while it ran: those whose tag `dspex:stage` names the stage and whose tag
 * `dspex:program` says that no template knows them. Gives their names.
 */
export async function deleteMachinesOf(access: AwsAccess, stage: string, prefix: string): Promise<string[]> {
  const client = new SFNClient({ ...clientOptions(access, PATIENCE), disableHostPrefix: isEmulated(access) });
  const deleted: string[] = [];
  try {
    for (const { stateMachineArn, name } of await named(client, prefix)) {
      const { tags = [] } = await asking(`tags of ${name}`, () =>
        client.send(new ListTagsForResourceCommand({ resourceArn: stateMachineArn })),
      );
      const of = new Map(tags.map(({ key, value }) => [key, value]));
      if (of.get('dspex:stage') !== stage || !of.has('dspex:program')) continue;
      await asking(`deletion of ${name}`, () => client.send(new DeleteStateMachineCommand({ stateMachineArn })));
      deleted.push(name);
    }
  } finally {
    client.destroy();
  }
  return deleted;
}

async function named(client: SFNClient, prefix: string): Promise<{ stateMachineArn: string; name: string }[]> {
  const found: { stateMachineArn: string; name: string }[] = [];
  let nextToken: string | undefined;
  do {
    const page = await asking('listing of state machines', () =>
      client.send(
        new ListStateMachinesCommand({ maxResults: 1000, ...(nextToken === undefined ? {} : { nextToken }) }),
      ),
    );
    for (const { stateMachineArn = '', name = '' } of page.stateMachines ?? [])
      if (name.startsWith(prefix)) found.push({ stateMachineArn, name });
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}
