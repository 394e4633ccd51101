import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { INDEX_NAMES, indexName } from '#lib/aws/dynamo/schema';
import type { QueueName } from '#lib/ports/queue';
import type { DspexStack } from '../stacks/stack.ts';

/** What a function may do, as data: each grant is a list of actions on named resources. No action is a wildcard. */
export type Grant =
  | 'store'
  | 'blobs'
  | 'publish events'
  | 'read secrets'
  | 'set up secrets'
  | 'keep signing secrets'
  | 'run machines'
  | 'change machines'
  | 'answer tasks'
  | 'call compile'
  | 'call python'
  | 'call lm'
  | 'call tools'
  | 'models'
  | 'repair queues'
  | `send ${QueueName}`;

export function statements(stack: DspexStack, grant: Grant): PolicyStatement[] {
  if (grant.startsWith('send ')) return [sending(stack, grant.slice('send '.length) as QueueName), ...keyOf(stack)];
  return GRANTS[grant as Exclude<Grant, `send ${QueueName}`>](stack);
}

type Make = (stack: DspexStack) => PolicyStatement[];
const allow = (actions: string[], resources: string[], conditions?: Record<string, unknown>): PolicyStatement =>
  new PolicyStatement({ actions, resources, ...(conditions === undefined ? {} : { conditions }) });

const GRANTS: Record<Exclude<Grant, `send ${QueueName}`>, Make> = {
  store: (stack) => {
    const { names } = stack;
    const [main, ephemeral] = [names.mainTable, names.ephemeralTable].map((name) =>
      stack.arn('dynamodb', `table/${name}`),
    );
    return [
      // A transaction needs the rights of the operations in it.
      allow(
        [
          'dynamodb:GetItem',
          'dynamodb:BatchGetItem',
          'dynamodb:Query',
          'dynamodb:PutItem',
          'dynamodb:BatchWriteItem',
          'dynamodb:UpdateItem',
          'dynamodb:DeleteItem',
          'dynamodb:ConditionCheckItem',
        ],
        [main ?? '', ephemeral ?? ''],
      ),
      allow(
        ['dynamodb:Query'],
        INDEX_NAMES.map((index) => `${main}/index/${indexName(index)}`),
      ),
      ...keyOf(stack),
    ];
  },
  blobs: (stack) => {
    const { names } = stack;
    const bucket = `arn:${stack.partition}:s3:::${names.bucket(stack.account, stack.region)}`;
    return [allow(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], [`${bucket}/blobs/*`]), ...keyOf(stack)];
  },
  'publish events': (stack) => [allow(['events:PutEvents'], [stack.arn('events', `event-bus/${stack.names.bus}`)])],
  'read secrets': (stack) => [
    allow(['ssm:GetParameter'], [stack.arn('ssm', `parameter/${stack.names.secretsPrefix}/*`)]),
    allow(['secretsmanager:GetSecretValue'], [stack.arn('secretsmanager', `secret:${stack.names.secretsPrefix}/*`)]),
  ],
  'set up secrets': (stack) => [
    allow(['ssm:PutParameter'], [stack.arn('ssm', `parameter/${stack.names.secretsPrefix}/house.*`)]),
  ],
  'keep signing secrets': (stack) => [
    allow(['ssm:PutParameter'], [stack.arn('ssm', `parameter/${stack.names.secretsPrefix}/house.webhook.*`)]),
  ],
  'run machines': (stack) => {
    const prefix = stack.names.machinePrefix;
    return [
      allow(['states:StartExecution'], [stack.arn('states', `stateMachine:${prefix}*`)]),
      allow(['states:StopExecution', 'states:DescribeExecution'], [stack.arn('states', `execution:${prefix}*`)]),
    ];
  },
  'change machines': (stack) => [
    allow(
      [
        'states:CreateStateMachine',
        'states:UpdateStateMachine',
        'states:DescribeStateMachine',
        'states:PublishStateMachineVersion',
        'states:ListStateMachineVersions',
        'states:ListTagsForResource',
        'states:TagResource',
      ],
      [stack.arn('states', `stateMachine:${stack.names.machinePrefix}*`)],
    ),
    allow(['iam:PassRole'], [`arn:${stack.partition}:iam::${stack.account}:role/${stack.names.machineRole}`], {
      StringEquals: { 'iam:PassedToService': 'states.amazonaws.com' },
    }),
  ],
  // A token names no machine, so the right to answer cannot be cut to one.
  'answer tasks': (stack) => [
    allow(
      ['states:SendTaskSuccess', 'states:SendTaskFailure'],
      [stack.arn('states', `stateMachine:${stack.names.machinePrefix}*`)],
    ),
  ],
  'call compile': (stack) => [calling(stack, 'compile')],
  'call python': (stack) => (stack.config.python ? [calling(stack, 'python')] : []),
  'call lm': (stack) => [calling(stack, 'lm')],
  // Each with its versions and aliases, since a tool may name one.
  'call tools': (stack) => {
    const arns = stack.config.allowFunctions.map((name) => stack.arn('lambda', `function:${name}`));
    return arns.length === 0
      ? []
      : [
          allow(
            ['lambda:InvokeFunction'],
            arns.flatMap((arn) => [arn, `${arn}:*`]),
          ),
        ];
  },
  models: (stack) =>
    stack.config.bedrockModels.length === 0
      ? []
      : [allow(['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'], stack.config.bedrockModels)],
  'repair queues': (stack) => {
    const queues = (['execution', 'tick', 'slice', 'job'] as const).flatMap((queue) => [
      stack.arn('sqs', stack.names.queue(queue)),
      stack.arn('sqs', stack.names.deadLetters(queue)),
    ]);
    return [
      allow(['sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'], queues),
      ...keyOf(stack),
    ];
  },
};

function sending(stack: DspexStack, queue: QueueName): PolicyStatement {
  return allow(['sqs:SendMessage'], [stack.arn('sqs', stack.names.queue(queue))]);
}

function calling(stack: DspexStack, name: 'compile' | 'python' | 'lm'): PolicyStatement {
  const arn = stack.arn('lambda', `function:${stack.names.function(name)}`);
  return allow(['lambda:InvokeFunction'], [arn, `${arn}:live`]);
}

/** With a key of the user's, whoever reads or writes needs it, too. */
function keyOf({ config }: DspexStack): PolicyStatement[] {
  return config.kmsKey === undefined ? [] : [allow(['kms:Decrypt', 'kms:GenerateDataKey'], [config.kmsKey])];
}
