import {
  BedrockClient,
  GetFoundationModelAvailabilityCommand,
  GetFoundationModelCommand,
  GetInferenceProfileCommand,
} from '@aws-sdk/client-bedrock';
import { faultOf } from '../client/fault.ts';
import { type AwsAccess, clientOptions } from '../client/options.ts';
import { type Finding, finding } from './finding.ts';
import type { Quotas } from './quotas.ts';

const PATIENCE = { requestTimeoutMs: 10_000, maxAttempts: 3 };
/** `arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-haiku-4-5` */
const ARN = /^arn:[\w-]+:bedrock:([\w-]*):(\d*):(foundation-model|[\w-]*inference-profile)\/(.+)$/;

/** May this account ask each of these Bedrock models, and how often? One finding an ARN. */
export function modelFindings(access: AwsAccess, arns: readonly string[], quotas: Quotas): Promise<Finding[]> {
  return Promise.all(arns.map((arn) => finding(`model ${arn.split('/').at(-1)}`, () => look(access, arn, quotas))));
}

async function look(access: AwsAccess, arn: string, quotas: Quotas): Promise<Omit<Finding, 'what'>> {
  const [, region = '', , kind, id = ''] = ARN.exec(arn) ?? [];
  if (kind === undefined) return { state: 'failed', found: `${arn} is no model and no inference profile of Bedrock` };
  const client = new BedrockClient(clientOptions({ ...access, ...(region === '' ? {} : { region }) }, PATIENCE));
  try {
    if (kind !== 'foundation-model') {
      const { status, models = [] } = await client.send(
        new GetInferenceProfileCommand({ inferenceProfileIdentifier: arn }),
      );
      const leads = `leads to ${models.length} models`;
      return status === 'ACTIVE'
        ? { state: 'ok', found: `active, ${leads}` }
        : { state: 'failed', found: `is ${status}, wanted ACTIVE` };
    }
    const {
      authorizationStatus: authorized,
      entitlementAvailability: entitled,
      regionAvailability: there,
      agreementAvailability: agreement,
    } = await client.send(new GetFoundationModelAvailabilityCommand({ modelId: id }));
    const missing = [
      ...(there === 'AVAILABLE' ? [] : [`not in ${region}`]),
      ...(entitled === 'AVAILABLE' && agreement?.status === 'AVAILABLE' ? [] : ['access not granted yet']),
      ...(authorized === 'AUTHORIZED' ? [] : ['not authorized']),
    ];
    if (missing.length > 0)
      return { state: 'failed', found: `${missing.join(', ')}: open it in the Bedrock console under "Model access"` };
    const { modelDetails } = await client.send(new GetFoundationModelCommand({ modelIdentifier: id }));
    const rate = await perMinute(quotas, modelDetails?.modelName ?? id);
    return { state: 'ok', found: `may be asked${rate === null ? '' : `, ${rate} requests a minute`}` };
  } catch (error) {
    if (MISSING.has(faultOf(error)?.name ?? ''))
      return { state: 'failed', found: `there is no such model in ${region}` };
    throw error;
  } finally {
    client.destroy();
  }
}

const MISSING: ReadonlySet<string> = new Set(['ResourceNotFoundException', 'ValidationException']);

/** The largest of the quotas named after the model: on demand, or across regions. */
async function perMinute(quotas: Quotas, model: string): Promise<number | null> {
  const all = await quotas.of('bedrock').catch(() => []);
  const rates = all
    .filter(({ QuotaName = '' }) => /requests per minute/i.test(QuotaName) && QuotaName.endsWith(model))
    .flatMap(({ Value }) => (Value === undefined ? [] : [Value]));
  return rates.length === 0 ? null : Math.max(...rates);
}
