import { SFNClient } from '@aws-sdk/client-sfn';
import { type AwsAccess, clientOptions, isEmulated } from '../client/options.ts';
import { publishMachine } from './machines.ts';

const PATIENCE = { requestTimeoutMs: 10_000, maxAttempts: 8 };

/** Publishes definitions as machines of one house: `publish(name, definition, tags)` gives the version's ARN. */
export function publisher(
  access: AwsAccess,
  house: { roleArn: string; arnPrefix: string },
  always: Readonly<Record<string, string>>,
): (name: string, definition: string, tags: Readonly<Record<string, string>>) => Promise<string> {
  const client = new SFNClient({ ...clientOptions(access, PATIENCE), disableHostPrefix: isEmulated(access) });
  return (name, definition, tags) =>
    publishMachine(client, house, { name, definition, roleArn: house.roleArn, tags: { ...always, ...tags } });
}
