import { Stack, Tags } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { type Names, namesOf } from '../names.ts';

export interface StackParts {
  config: StageConfig;
  /** Leaves out what the emulator cannot do; see `cdk/emulator.ts`. */
  emulated: boolean;
}

/** What all stacks of a stage have in common. */
export abstract class DspexStack extends Stack {
  readonly config: StageConfig;
  readonly names: Names;
  readonly emulated: boolean;

  constructor(
    scope: Construct,
    part: string,
    { config, emulated }: StackParts,
    more: { guarded?: boolean; doc: string },
  ) {
    const names = namesOf(config.stage);
    super(scope, part, {
      stackName: `${names.prefix}-${part}`,
      description: more.doc,
      terminationProtection: more.guarded === true && config.retainData,
      ...(config.account === undefined && config.region === undefined
        ? {}
        : {
            env: {
              ...(config.account === undefined ? {} : { account: config.account }),
              ...(config.region === undefined ? {} : { region: config.region }),
            },
          }),
    });
    this.config = config;
    this.names = names;
    this.emulated = emulated;
    for (const [name, value] of Object.entries({ ...config.tags, 'dspex:stage': config.stage }))
      Tags.of(this).add(name, value);
    if (config.permissionsBoundary !== undefined)
      PermissionsBoundary.of(this).apply(
        ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', config.permissionsBoundary),
      );
  }

  arn(service: string, resource: string, region: string = this.region): string {
    return `arn:${this.partition}:${service}:${region}:${this.account}:${resource}`;
  }
}
