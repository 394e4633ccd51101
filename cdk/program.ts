import { resolve } from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { compile } from '#lib/compiler/compile';
import { GraphSchema } from '#lib/program/graph';
import { planProgram } from '#lib/program/plan-graph';
import { namesOf } from './names.ts';
import { readProgramFile } from './program-file.ts';

export interface ProgramProps {
  /** A program in JSON or YAML. */
  file: string;
  /** The stage whose step function carries it out. */
  stage: string;
  /** Default: the graph's name. */
  name?: string;
  /** Data outlives what runs on it; off for stages that are thrown away. */
  retain?: boolean;
}

/**
 * A program as a state machine in the template, compiled while it is synthesized: its graph is reviewed, compared and
 * deployed like everything else. It is the very definition that the house makes of the same program at run time.
 *
 *     new Program(stack, 'Triage', { file: 'examples/support-triage/program.yaml', stage: 'prod' });
 */
export class Program extends Construct {
  readonly machine: StateMachine;
  /** Amazon States Language, as JSON text. */
  readonly definition: string;
  /** SHA-256 of the definition. */
  readonly hash: string;

  constructor(scope: Construct, id: string, { file, stage, name, retain = false }: ProgramProps) {
    super(scope, id);
    const graph = graphIn(file);
    const names = namesOf(stage);
    const { account, region, partition } = Stack.of(this);
    const step = `arn:${partition}:lambda:${region}:${account}:function:${names.function('step')}:live`;
    const compiled = compile(planProgram(graph, {}), { stepFunction: step });
    this.definition = compiled.definition;
    this.hash = compile(planProgram(graph, {}), { stepFunction: `${names.function('step')}:live` }).hash;
    const machineName = `${names.machinePrefix}program-${(name ?? graph.name).replace(/[^\w-]/g, '-')}`.slice(0, 80);
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: machineName,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(compiled.definition),
      role: Role.fromRoleArn(this, 'Role', `arn:${partition}:iam::${account}:role/${names.machineRole}`, {
        mutable: false,
      }),
      tracingEnabled: true,
      comment: graph.description ?? graph.name,
      ...(retain ? { removalPolicy: RemovalPolicy.RETAIN } : {}),
    });
  }
}

function graphIn(file: string) {
  const source = readProgramFile(resolve(file));
  const parsed = GraphSchema.safeParse(source.graph ?? source);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `/graph/${path.join('/')}: ${message}`);
  throw new Error(`${file} is not a program: ${problems.join('; ')}`);
}
