import { Duration } from 'aws-cdk-lib';
import { EventBus, Match, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as CallFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  type Code,
  EventSourceMapping,
  type IVersion,
  type Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { FEED_FILTER } from '#lib/aws/dynamo/feed-filter';
import { QUEUE_NAMES } from '#lib/ports/queue';
import { ENGINE_FUNCTIONS, type FunctionName } from '../names.ts';
import { houseFunction } from '../parts/functions.ts';
import { PythonPart } from '../parts/python.ts';
import { atOnce, WORKER } from '../timing.ts';
import { DspexStack, type StackParts } from './stack.ts';

const PUBLISHED = ['Program.create', 'Program.publish'];
const SCHEDULE = RuleTargetInput.fromObject({ schedule: true });

export interface EngineParts extends StackParts {
  code: Code;
  /** Where `npm run layer` has put Python; null leaves Python out. */
  layer: string | null;
}

/** Everything that works: the step behind the machines, workers behind queues, what listens to the outbox and the bus. */
export class EngineStack extends DspexStack {
  readonly #functions = new Map<FunctionName, LambdaFunction>();
  readonly #code: Code;

  constructor(scope: Construct, parts: EngineParts) {
    super(scope, 'engine', parts, { doc: 'dspex: functions that work' });
    this.#code = parts.code;
    for (const name of ENGINE_FUNCTIONS) this.#functions.set(name, houseFunction(this, name, this.#code));
    const step = this.#function('step');
    // Machines name the alias, so that a run goes on with the code it finds there, and a console shows which that is.
    const live = new Alias(this, 'StepLive', { aliasName: 'live', version: step.currentVersion as IVersion });
    this.#machineRole(live.functionArn);
    this.#queues();
    this.#outbox();
    this.#listeners();
    if (parts.layer !== null) new PythonPart(this, parts.layer);
  }

  #function(name: FunctionName): LambdaFunction {
    const found = this.#functions.get(name);
    if (found === undefined) throw new Error(`the engine has no function ${name}`);
    return found;
  }

  /** What every state machine may do: call the step, and be traced. */
  #machineRole(step: string): void {
    const role = new Role(this, 'MachineRole', {
      roleName: this.names.machineRole,
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [step] }));
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'xray:PutTraceSegments',
          'xray:PutTelemetryRecords',
          'xray:GetSamplingRules',
          'xray:GetSamplingTargets',
        ],
        resources: ['*'],
      }),
    );
  }

  #queues(): void {
    for (const name of QUEUE_NAMES) {
      const worker = this.#function(WORKER[name]);
      const arn = this.arn('sqs', this.names.queue(name));
      // By hand: the L2 source grants more than is needed, and on an imported queue warns about it.
      worker.addToRolePolicy(
        new PolicyStatement({
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
          resources: [arn],
        }),
      );
      new EventSourceMapping(this, `From-${name}`, {
        target: worker,
        eventSourceArn: arn,
        batchSize: 1,
        reportBatchItemFailures: true,
        maxConcurrency: atOnce(name, this.config),
      });
    }
  }

  /** The table's stream, in order for each record; what cannot be delivered for a day is kept, and said so. */
  #outbox(): void {
    const { names } = this;
    const events = this.#function('events');
    const stream = StringParameter.valueForStringParameter(this, names.parameter('stream-arn'));
    const dead = Queue.fromQueueArn(this, 'EventsDead', this.arn('sqs', names.deadLetters('events')));
    events.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream'],
        resources: [this.arn('dynamodb', `table/${names.mainTable}/stream/*`)],
      }),
    );
    // It cannot be cut to one stream.
    events.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }));
    events.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [dead.queueArn] }));
    const mapping = new EventSourceMapping(this, 'FromStream', {
      target: events,
      eventSourceArn: stream,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: 10_000,
      maxRecordAge: Duration.hours(23),
      parallelizationFactor: 2,
      filters: [{ pattern: JSON.stringify(FEED_FILTER) }],
      onFailure: { bind: () => ({ destination: dead.queueArn }) },
    });
    mapping.node.addDependency(events.role ?? events);
  }

  #listeners(): void {
    const { names } = this;
    const bus = EventBus.fromEventBusName(this, 'Bus', names.bus);
    const source = ['dspex'];
    // Webhooks may want any event, so `functions/trigger` hears all of them.
    this.#rule('Heard', 'trigger', { eventBus: bus, eventPattern: { source } });
    this.#rule('Published', 'compile', { eventBus: bus, eventPattern: { source, detailType: PUBLISHED } });
    this.#rule('Uploaded', 'trigger', {
      eventPattern: { source: ['aws.s3'], detailType: ['Object Created'] },
    });
    this.#rule('MachineEnded', 'reconcile', {
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: Match.prefix(this.arn('states', `stateMachine:${names.machinePrefix}`)),
        },
      },
    });
    this.#rule('EveryMinute', 'trigger', { schedule: Schedule.rate(Duration.minutes(1)) }, SCHEDULE);
    this.#rule('EveryFiveMinutes', 'reconcile', { schedule: Schedule.rate(Duration.minutes(5)) }, SCHEDULE);
  }

  #rule(id: string, name: FunctionName, props: ConstructorParameters<typeof Rule>[2], event?: RuleTargetInput): void {
    const dead = Queue.fromQueueArn(this, `${id}Dead`, this.arn('sqs', this.names.deadLetters('bus')));
    new Rule(this, id, {
      ...props,
      targets: [
        new CallFunction(this.#function(name), {
          ...(event === undefined ? {} : { event }),
          // A schedule that was missed comes again by itself.
          ...(event === undefined ? { deadLetterQueue: dead, maxEventAge: Duration.hours(24) } : { retryAttempts: 0 }),
        }),
      ],
    });
  }
}
