import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Clock } from '#lib/base/clock';
import type { clientOptions } from '../client/options.ts';
import { parameterStore } from './parameter-store.ts';
import { AwsSecrets, type Scheme } from './secrets.ts';
import { secretsManager } from './secrets-manager.ts';

export interface OpenSecretsParts {
  options: ReturnType<typeof clientOptions>;
  prefix: string;
  writesTo: Scheme;
  clock: Clock;
}

/** The Secrets port over both places. */
export function openSecrets({ options, prefix, writesTo, clock }: OpenSecretsParts): AwsSecrets {
  const sources = {
    ssm: parameterStore(new SSMClient(options), prefix),
    secret: secretsManager(new SecretsManagerClient(options), prefix),
  };
  return new AwsSecrets({ sources, writesTo, clock });
}
