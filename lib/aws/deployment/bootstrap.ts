import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { asPortError, faultOf } from '../client/fault.ts';
import { type AwsAccess, clientOptions } from '../client/options.ts';

const PATIENCE = { requestTimeoutMs: 5000, maxAttempts: 3 };
/** What `cdk bootstrap` leaves behind. */
const VERSION = '/cdk-bootstrap/hnb659fds/version';

/** The version of the CDK's own stack in this account and region; null where nobody has bootstrapped yet. */
export async function bootstrapVersion(access: AwsAccess): Promise<number | null> {
  const client = new SSMClient(clientOptions(access, PATIENCE));
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name: VERSION }));
    return Number(Parameter?.Value ?? 0);
  } catch (error) {
    if (faultOf(error)?.name === 'ParameterNotFound') return null;
    throw asPortError(error, 'look at the CDK bootstrap');
  } finally {
    client.destroy();
  }
}
