import { Token, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { FUNCTION_NAMES } from './names.ts';
import type { DspexStack } from './stacks/stack.ts';

/** Rules of AWS Solutions that do not hold here, and why. Any other finding makes synth fail. */
const MEANT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  data: {
    'AwsSolutions-S1':
      'Reads and writes of blobs are ours alone and are traced; server access logs of a bucket of blobs would cost more than the blobs. CloudTrail data events can be switched on for it.',
    'AwsSolutions-SQS3':
      'These are dead-letter queues: of an event source mapping and of EventBridge rules, which the rule does not see.',
    'AwsSolutions-DDB3':
      'The ephemeral table holds what may be lost: cached answers, idempotency keys. The main table has recovery.',
  },
  engine: {},
  api: {
    'AwsSolutions-APIG4':
      'The application authenticates every request itself (API keys), before it looks at anything else; the test matrix shows it.',
  },
  edge: {
    'AwsSolutions-CFR1': 'Whom the API serves is decided by its keys, not by country.',
    'AwsSolutions-CFR2':
      'AWS WAF costs $5 a month idle; the guide says how to add it. Requests are throttled by the front.',
    'AwsSolutions-CFR3': 'The API logs every request; a second log at the edge is an option of whoever deploys.',
    'AwsSolutions-CFR4':
      "Without a domain of one's own CloudFront fixes the TLS policy of its certificate; with `domain` TLS 1.2 is the least. The origin is spoken to over HTTPS.",
    'Annotation::@aws-cdk/aws-cloudfront:minimumProtocolVersionWithoutCertificate':
      "As above: without a domain of one's own the policy cannot be set.",
  },
  observability: {},
};

/** Resources that end in `*` on roles, and why no narrower name is possible. Actions never do. */
function wildcards(stack: DspexStack): Record<string, string> {
  const { names } = stack;
  const shown = (token: string, name: string) => (Token.isUnresolved(token) ? name : token);
  const [partition, region, account] = [
    '<AWS::Partition>',
    shown(stack.region, '<AWS::Region>'),
    shown(stack.account, '<AWS::AccountId>'),
  ];
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const machines = 'Machines are made while the house runs, one a program, all under this prefix.';
  const logs = [...FUNCTION_NAMES, 'python'].map((name) => [
    arn('logs', `log-group:${names.logs(name)}:log-stream:*`),
    "Streams of the function's own log; Lambda names them.",
  ]);
  return {
    '*': 'Actions that know no resource: X-Ray, dynamodb:ListStreams, and the network interfaces of functions in a VPC.',
    [arn('dynamodb', `table/${names.mainTable}/stream/*`)]: "A stream's name holds the moment it was made.",
    [`arn:${partition}:s3:::${names.bucket(account, region)}/blobs/*`]: 'Blobs are named by their hash.',
    [arn('secretsmanager', `secret:${names.secretsPrefix}/*`)]: "Users' secrets of this stage; they name them.",
    [arn('ssm', `parameter/${names.secretsPrefix}/*`)]: "Users' secrets of this stage; they name them.",
    [arn('ssm', `parameter/${names.secretsPrefix}/house.*`)]: "The house's own keys of this stage, three of them.",
    [arn('ssm', `parameter/${names.secretsPrefix}/house.webhook.*`)]:
      'Signing secrets of webhooks, made while the house runs, one a webhook and rotation.',
    [arn('states', `stateMachine:${names.machinePrefix}*`)]: machines,
    [arn('states', `execution:${names.machinePrefix}*`)]: machines,
    ...Object.fromEntries(
      stack.config.allowFunctions.map((name) => [
        arn('lambda', `function:${name}:*`),
        'Versions and aliases of a function that the stage lets tools call.',
      ]),
    ),
    ...Object.fromEntries(logs),
  };
}

/** Of the one function in Python alone: those in TypeScript have the latest runtime. */
const MEANT_OF_PYTHON = {
  'AwsSolutions::AwsSolutions-L1':
    "The layer is built for the Python whose prompts were compared with DSPy's, byte for byte; a later one is a decision, not an update.",
};

/** Checks everything below `app`; findings that are not among those meant make synth fail. */
export function checked(app: IConstruct, stacks: readonly DspexStack[]): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks());
  for (const stack of stacks) {
    const of = Validations.of(stack);
    for (const [rule, reason] of Object.entries(MEANT[stack.node.id] ?? {}))
      of.acknowledge({ id: rule.includes('::') ? rule : `AwsSolutions::${rule}`, reason });
    const python = stack.node.tryFindChild('Python');
    for (const [id, reason] of Object.entries(MEANT_OF_PYTHON))
      if (python !== undefined) Validations.of(python).acknowledge({ id, reason });
    for (const [resource, reason] of Object.entries(wildcards(stack)))
      of.acknowledge({ id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}
