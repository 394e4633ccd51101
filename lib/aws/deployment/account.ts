import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Unavailable } from '#lib/base/errors';
import { asking } from '../client/fault.ts';
import { type AwsAccess, clientOptions } from '../client/options.ts';
import { bootstrapVersion } from './bootstrap.ts';
import { atLeast, type Finding, finding } from './finding.ts';
import { modelFindings } from './models.ts';
import { openQuotas, quotaFindings } from './quotas.ts';

const PATIENCE = { requestTimeoutMs: 5000, maxAttempts: 3 };

/** Who the credentials are, and where. Throws Unavailable `aws_no_region`, `aws_credentials_invalid` when there are none. */
export async function identity(access: AwsAccess): Promise<{ account: string; arn: string; region: string }> {
  const client = new STSClient(clientOptions(access, PATIENCE));
  try {
    const region = await client.config.region().catch((cause: unknown) => {
      throw new Unavailable('aws_no_region', 'no region is set: AWS_REGION, a profile, or `region` in the stage', {
        cause,
      });
    });
    const { Account = '', Arn = '' } = await asking('look at whose credentials these are', () =>
      client.send(new GetCallerIdentityCommand({})),
    );
    return { account: Account, arn: Arn, region };
  } finally {
    client.destroy();
  }
}

/** What a stage wants of an account. */
export interface Wants {
  /** The least version of the CDK's own stack. */
  bootstrap: number;
  /** Functions that work at the same time when every queue is busy. */
  workers: number;
  /** ARNs of Bedrock's models and inference profiles. */
  models: readonly string[];
}

/** Beside the workers: requests of the API, steps of machines. */
const FREE_FUNCTIONS = 100;

/** Looks at an account without changing anything: a finding for each limit, model and version. */
export async function accountFindings(access: AwsAccess, wants: Wants): Promise<Finding[]> {
  const quotas = openQuotas(access);
  try {
    const all = await Promise.all([
      finding('CDK bootstrap', async () => {
        const version = await bootstrapVersion(access);
        if (version === null)
          return { state: 'failed', found: 'none: `dspex deploy --bootstrap` prepares the account' };
        return version >= wants.bootstrap
          ? { state: 'ok', found: `version ${version}` }
          : { state: 'failed', found: `version ${version}, wanted ${wants.bootstrap}: \`dspex deploy --bootstrap\`` };
      }),
      finding('Lambda: functions at once', () => functionsAtOnce(access, wants)),
      quotaFindings(quotas),
      modelFindings(access, wants.models, quotas),
    ]);
    return all.flat();
  } finally {
    quotas.close();
  }
}

async function functionsAtOnce(access: AwsAccess, { workers }: Wants): Promise<Omit<Finding, 'what'>> {
  const client = new LambdaClient(clientOptions(access, PATIENCE));
  try {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
    const there = AccountLimit?.UnreservedConcurrentExecutions ?? AccountLimit?.ConcurrentExecutions ?? 0;
    const why = `${workers} work on queues when all are busy, and requests and steps need some, too; ask for more in Service Quotas (lambda, "Concurrent executions")`;
    return atLeast(workers + FREE_FUNCTIONS, there, 'not reserved', why);
  } finally {
    client.destroy();
  }
}
