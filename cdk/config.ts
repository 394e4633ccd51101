import * as z from 'zod';

const HOST = /^(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

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
      name: z.string().regex(HOST, 'a host name such as dspex.example.com'),
      certificateArn: z.string().regex(/^arn:[\w-]+:acm:us-east-1:/, 'an ACM certificate in us-east-1'),
    })
    .optional(),
  /** On every role: what it may do at most. */
  permissionsBoundary: z
    .string()
    .regex(/^arn:[\w-]+:iam::(\d{12}|aws):policy\/.+/, 'the ARN of an IAM policy')
    .optional(),
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
  /** On everything; AWS allows 50, of which two are the house's. */
  tags: z
    .record(
      z.string().regex(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/u, 'a tag of AWS: up to 128 letters, not "aws:..."'),
      z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u, 'a value of a tag: up to 256 letters'),
    )
    .refine((tags) => Object.keys(tags).length <= 48, 'at most 48 tags')
    .refine((tags) => !('dspex:stage' in tags), '"dspex:stage" is the house\'s own')
    .default({}),
  /** Python modules (DSPy); needs the layer: `npm run layer`. */
  python: z.boolean().default(true),
  /** A hashed lock of packages that adopted programs want beside DSPy's: in the layer, or in an image where they do not fit. */
  pythonLock: z.string().min(1).optional(),
  /** Snapshots of the Python function: faster first calls; cached snapshots are paid for while idle. */
  snapStart: z.boolean().default(false),
  /** The model that programs use when they name none: `bedrock/...`, `openai/...`. */
  defaultModel: z
    .string()
    .regex(/^[\w-]+\/.+/, 'PROVIDER/MODEL, such as bedrock/eu.anthropic.claude-haiku-4-5')
    .optional(),
  /** Bedrock models that functions may call, as ARNs of inference profiles and of the models behind them. */
  bedrockModels: z
    .array(
      z
        .string()
        .regex(
          /^arn:[\w-]+:bedrock:[\w*-]*:\d*:(foundation-model|[\w-]*inference-profile)\/.+/,
          "the ARN of one of Bedrock's models or inference profiles",
        ),
    )
    .default([]),
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
  /** Hosts that programs may reach although they are not public. */
  allowHosts: z.array(z.string().regex(/^[\w.-]+(:\d{1,5})?$/, 'HOST or HOST:PORT, without https://')).default([]),
  /** Lambda functions of this account and region that tools may call, by name. */
  allowFunctions: z.array(z.string().regex(/^[\w-]{1,64}$/, "a function's name, without ARN and version")).default([]),
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
  const wrong = together(data);
  if (wrong.length > 0) throw new Error(`the stage's configuration is not right: ${wrong.join('; ')}`);
  return data;
}

/** What does not go together, each with the setting it is about. */
function together(stage: StageConfig): string[] {
  const { front, edge, domain, defaultModel, bedrockModels, simulate, snapStart, python, allowFunctions } = stage;
  const own = allowFunctions.filter((name) => name.startsWith(`dspex-${stage.stage}-`));
  const rules: [boolean, string][] = [
    [front === 'functionUrl' && !edge, 'edge: a function URL is reached through CloudFront only, so it needs `edge`'],
    [domain !== undefined && !edge, 'domain: it names the distribution, so it needs `edge`'],
    [snapStart && !python, 'snapStart: it is about the Python function, so it needs `python`'],
    [stage.pythonLock !== undefined && !python, 'pythonLock: it is about the Python function, so it needs `python`'],
    [
      defaultModel?.startsWith('bedrock/') === true && bedrockModels.length === 0 && !simulate,
      'bedrockModels: `defaultModel` is a model of Bedrock, and no function may call one that is not listed here',
    ],
    [own.length > 0, `allowFunctions: ${own.join(', ')} is the house's own, which no tool may call`],
  ];
  return rules.filter(([broken]) => broken).map(([, says]) => says);
}
