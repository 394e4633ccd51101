import * as z from 'zod';

/** What a stage of the house is like. Whatever costs money while nothing happens is off by default; docs/deploy.md has the prices. */
export const StageConfig = z.strictObject({
  /** Begins every name: `dspex-prod-api`. */
  stage: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,14}[a-z0-9]$/,
      'two to sixteen lower-case letters, digits and "-", beginning with a letter',
    ),
  account: z
    .string()
    .regex(/^\d{12}$/, 'twelve digits')
    .optional(),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'such as eu-central-1')
    .optional(),
  /** `httpApi`: answers within 30 s, no streams. `functionUrl`: streams, behind CloudFront. */
  front: z.enum(['httpApi', 'functionUrl']).default('httpApi'),
  /** CloudFront before the front: one host name, security headers. */
  edge: z.boolean().default(true),
  /** A name of your own for the distribution; the certificate lies in us-east-1. */
  domain: z
    .strictObject({
      name: z.string().min(3),
      certificateArn: z.string().regex(/^arn:[\w-]+:acm:us-east-1:/, 'an ACM certificate in us-east-1'),
    })
    .optional(),
  /** On every role: what it may do at most. */
  permissionsBoundary: z.string().startsWith('arn:').optional(),
  /** Functions run in these subnets, which then need a way to AWS and to the models (NAT or endpoints: not free). */
  vpc: z
    .strictObject({
      vpcId: z.string().startsWith('vpc-'),
      availabilityZones: z.array(z.string()).min(1),
      privateSubnetIds: z.array(z.string().startsWith('subnet-')).min(1),
    })
    .optional(),
  /** A key of yours for tables, bucket, queues and logs: $1 a month and its requests. Without it: keys that AWS owns. */
  kmsKey: z
    .string()
    .regex(/^arn:[\w-]+:kms:/, 'the ARN of a KMS key')
    .optional(),
  tags: z.record(z.string(), z.string()).default({}),
  /** Python modules (DSPy); needs the layer: `npm run layer`. */
  python: z.boolean().default(true),
  /** Snapshots of the Python function: faster first calls; cached snapshots are paid for while idle. */
  snapStart: z.boolean().default(false),
  /** The model that programs use when they name none: `bedrock/...`, `openai/...`. */
  defaultModel: z.string().optional(),
  /** Bedrock models that functions may call, as ARNs of inference profiles and of the models behind them. */
  bedrockModels: z.array(z.string().startsWith('arn:')).default([]),
  /** The scripted model answers what it makes up: for trying a deployment without a model. */
  simulate: z.boolean().default(false),
  /** Where alarms are sent. */
  alarmEmail: z.email().optional(),
  logRetentionDays: z.union([z.literal(7), z.literal(14), z.literal(30), z.literal(90), z.literal(365)]).default(30),
  /** Data outlives the stacks. Off only for stages that are thrown away. */
  retainData: z.boolean().default(true),
  /** At most so many slices at the same time: the valve before the models. */
  sliceConcurrency: z.int().min(2).max(1000).default(16),
  /** Outputs of nodes in the state machines' history, cut to 8 KB. */
  previews: z.boolean().default(true),
  allowHosts: z.array(z.string()).default([]),
});
export type StageConfig = z.output<typeof StageConfig>;
export type StageInput = z.input<typeof StageConfig>;

/** Checks a stage as someone wrote it. Throws Error naming every mistake with its place. */
export function stageConfig(input: unknown): StageConfig {
  const parsed = StageConfig.safeParse(input);
  if (!parsed.success) {
    const all = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'stage'}: ${message}`);
    throw new Error(`the stage's configuration is not right: ${all.join('; ')}`);
  }
  const { data } = parsed;
  if (data.front === 'functionUrl' && !data.edge)
    throw new Error(
      "the stage's configuration is not right: edge: a function URL is reached through CloudFront only, so it needs `edge`",
    );
  if (data.domain !== undefined && !data.edge)
    throw new Error("the stage's configuration is not right: domain: it names the distribution, so it needs `edge`");
  return data;
}
