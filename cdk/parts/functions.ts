import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, type Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { FUNCTIONS } from '../functions.ts';
import type { FunctionName } from '../names.ts';
import type { DspexStack } from '../stacks/stack.ts';
import { TIMEOUT_SECONDS } from '../timing.ts';
import { environmentFor } from './environment.ts';
import { functionRole } from './role.ts';

/** One function of the house as its row in `FUNCTIONS` says: its role, its log, its limits, its traces. */
export function houseFunction(
  stack: DspexStack,
  name: FunctionName,
  code: Code,
  more: Readonly<Record<string, string>> = {},
): LambdaFunction {
  const { memoryMb, grants, doc } = FUNCTIONS[name];
  return new LambdaFunction(stack, name, {
    ...common(stack, name),
    description: doc,
    runtime: Runtime.NODEJS_24_X,
    code,
    handler: `${name}/handler.handler`,
    memorySize: memoryMb,
    timeout: Duration.seconds(TIMEOUT_SECONDS[name]),
    role: functionRole(stack, name, grants),
    environment: { ...environmentFor(stack, name), ...more },
  });
}

/** What functions of every language have in common. */
export function common(stack: DspexStack, name: FunctionName | 'python') {
  const { config, names } = stack;
  return {
    functionName: names.function(name),
    architecture: Architecture.ARM_64,
    tracing: Tracing.ACTIVE,
    logGroup: new LogGroup(stack, `Log-${name}`, {
      logGroupName: names.logs(name),
      retention: config.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(config.kmsKey === undefined ? {} : { encryptionKey: Key.fromKeyArn(stack, `LogKey-${name}`, config.kmsKey) }),
    }),
    ...(config.vpc === undefined
      ? {}
      : { vpc: Vpc.fromVpcAttributes(stack, `Vpc-${name}`, { ...config.vpc }), allowPublicSubnet: false }),
  };
}
