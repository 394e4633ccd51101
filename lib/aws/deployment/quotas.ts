import {
  ListAWSDefaultServiceQuotasCommand,
  ListServiceQuotasCommand,
  type ServiceQuota,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { asking } from '../client/fault.ts';
import { type AwsAccess, clientOptions } from '../client/options.ts';
import { atLeast, type Finding, finding } from './finding.ts';

const PATIENCE = { requestTimeoutMs: 10_000, maxAttempts: 4 };

interface Wanted {
  what: string;
  service: string;
  /** All of these words are in the quota's name, as Service Quotas writes it. */
  named: readonly string[];
  wanted: number;
  unit: string;
  /** What is slow or fails below it. */
  why: string;
}

/** Limits that a house meets first (docs/deploy.md), as far as Service Quotas knows them. */
const WANTED: readonly Wanted[] = [
  {
    ...{ what: 'Step Functions: runs begun', service: 'states', named: ['StartExecution', 'refill'] },
    ...{ wanted: 50, unit: 'a second', why: 'more async runs than this wait in the queue' },
  },
  {
    ...{ what: 'Step Functions: state transitions', service: 'states', named: ['StateTransition', 'refill'] },
    ...{ wanted: 500, unit: 'a second', why: 'an async run of five calls takes nine' },
  },
  {
    ...{ what: 'SQS: messages in flight', service: 'sqs', named: ['flight', 'standard'] },
    ...{ wanted: 20_000, unit: 'a queue', why: 'beyond it nothing is received' },
  },
  {
    ...{ what: 'DynamoDB: writes to one table', service: 'dynamodb', named: ['Table', 'write', 'throughput'] },
    ...{ wanted: 4000, unit: 'units a second', why: 'an async run takes about seventy' },
  },
];

/** The quotas of an account, looked up once a service. */
export interface Quotas {
  of(service: string): Promise<readonly ServiceQuota[]>;
  close(): void;
}

/** What was raised for the account, and AWS's default for everything else. */
export function openQuotas(access: AwsAccess): Quotas {
  const client = new ServiceQuotasClient(clientOptions(access, PATIENCE));
  const known = new Map<string, Promise<readonly ServiceQuota[]>>();
  const list = async (service: string): Promise<readonly ServiceQuota[]> => {
    const all = new Map<string, ServiceQuota>();
    for (const Command of [ListAWSDefaultServiceQuotasCommand, ListServiceQuotasCommand]) {
      let NextToken: string | undefined;
      do {
        const input = { ServiceCode: service, MaxResults: 100, ...(NextToken === undefined ? {} : { NextToken }) };
        const page = await asking(`quotas of ${service}`, () => client.send(new Command(input)));
        for (const quota of page.Quotas ?? []) all.set(quota.QuotaCode ?? '', quota);
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
    }
    return [...all.values()];
  };
  return {
    of: (service) => {
      const found = known.get(service) ?? list(service);
      known.set(service, found);
      return found;
    },
    close: () => client.destroy(),
  };
}

/** One finding a limit of `WANTED`. */
export function quotaFindings(quotas: Quotas): Promise<Finding[]> {
  return Promise.all(
    WANTED.map(({ what, service, named, wanted, unit, why }) =>
      finding(what, async () => {
        const quota = (await quotas.of(service)).find(({ QuotaName = '' }) => hasAll(QuotaName, named));
        if (quota?.Value === undefined)
          return { state: 'unknown', found: `Service Quotas lists nothing of ${service} with ${named.join(', ')}` };
        return atLeast(wanted, quota.Value, unit, why);
      }),
    ),
  );
}

function hasAll(name: string, words: readonly string[]): boolean {
  const text = name.toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}
