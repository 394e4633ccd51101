import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  ListStateMachineVersionsCommand,
  ListTagsForResourceCommand,
  type SFNClient,
  type StateMachineType,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { Conflict } from '#lib/base/errors';
import { sha256 } from '#lib/base/hash';
import { asking, faultOf } from '../client/fault.ts';

export interface MachineDefinition {
  /** At most 80 letters, digits, `-` and `_`; one machine a program. */
  name: string;
  /** Amazon States Language as JSON text. */
  definition: string;
  roleArn: string;
  type?: StateMachineType;
  /** On the machine when it is made: by them `destroy` finds it, and one without them is somebody else's. */
  tags?: Readonly<Record<string, string>>;
  tracing?: boolean;
}

export interface MachineAddress {
  /** `arn:aws:states:REGION:ACCOUNT:stateMachine:` */
  arnPrefix: string;
}

const NEWEST = 10;

/**
 * The version of a machine with this definition, made when there is none: creates the machine, or updates it and
 * publishes a version. Versions carry the definition's hash, so publishing what one of the newest ten has gives that version.
 * Create and update have a quota of one a second: call it from the `compile` queue.
 * Throws Conflict `machine_foreign` when the name is taken by a machine without our tags, which is left as it is.
 */
export async function publishMachine(
  client: SFNClient,
  address: MachineAddress,
  wanted: MachineDefinition,
): Promise<string> {
  const { name, definition, roleArn, type = 'STANDARD', tags = {}, tracing = true } = wanted;
  const stateMachineArn = address.arnPrefix + name;
  const mark = `sha256:${sha256(definition)}`;
  return asking(`publishing of ${name}`, async () => {
    const published = await versionWith(client, stateMachineArn, mark);
    if (published !== null) return published;
    const common = { definition, roleArn, publish: true, versionDescription: mark };
    const tracingConfiguration = { enabled: tracing };
    if (await exists(client, stateMachineArn)) {
      await refuseForeign(client, stateMachineArn, tags);
      const update = new UpdateStateMachineCommand({ stateMachineArn, ...common, tracingConfiguration });
      return (await client.send(update)).stateMachineVersionArn ?? stateMachineArn;
    }
    const create = new CreateStateMachineCommand({
      name,
      type,
      ...common,
      tracingConfiguration,
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
    return (await client.send(create)).stateMachineVersionArn ?? stateMachineArn;
  });
}

/** Takes a machine away with all its versions; runs under way go on to their end. One that is not there is no error. */
export async function deleteMachine(client: SFNClient, address: MachineAddress, name: string): Promise<void> {
  const stateMachineArn = address.arnPrefix + name;
  await asking(`deletion of ${name}`, () => client.send(new DeleteStateMachineCommand({ stateMachineArn })));
}

/** Looks at the newest versions only: each look is a request under a small quota, and one version too many does no harm. */
async function versionWith(client: SFNClient, stateMachineArn: string, mark: string): Promise<string | null> {
  const request = new ListStateMachineVersionsCommand({ stateMachineArn, maxResults: NEWEST });
  const page = await client.send(request).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  for (const { stateMachineVersionArn: arn } of page?.stateMachineVersions ?? []) {
    if (arn === undefined) continue;
    const { description } = await client.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
    if (description === mark) return arn;
  }
  return null;
}

async function exists(client: SFNClient, stateMachineArn: string): Promise<boolean> {
  try {
    await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** A machine of this name may have been made by hand, or by another stage whose name begins like ours. */
async function refuseForeign(
  client: SFNClient,
  resourceArn: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const { tags = [] } = await client.send(new ListTagsForResourceCommand({ resourceArn }));
  const found = new Map(tags.map(({ key, value }) => [key, value]));
  const [missing] = Object.entries(wanted).filter(([key, value]) => found.get(key) !== value);
  if (missing === undefined) return;
  const [key, value] = missing;
  throw new Conflict(
    'machine_foreign',
    `${resourceArn} was not made by this house: its tag ${key} should be "${value}", it is ${found.has(key) ? `"${found.get(key)}"` : 'not there'}. It is left as it is; rename or delete it, or deploy the stage under another name`,
  );
}

function isMissing(error: unknown): boolean {
  return faultOf(error)?.name === 'StateMachineDoesNotExist';
}
