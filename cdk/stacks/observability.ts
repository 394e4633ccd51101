import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  TextWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { QUEUE_NAMES } from '#lib/ports/queue';
import { ALARMS, type AlarmShape } from '../alarms.ts';
import { FUNCTION_NAMES } from '../names.ts';
import { DspexStack, type StackParts } from './stack.ts';

const RUNBOOKS = 'docs/runbooks.md';

/** One dashboard, and alarms that each have a runbook. */
export class ObservabilityStack extends DspexStack {
  constructor(scope: Construct, parts: StackParts) {
    super(scope, 'observability', parts, { doc: 'dspex: dashboard and alarms' });
    const { names, config } = this;
    const topic = new Topic(this, 'Alarms', { topicName: `${names.prefix}-alarms`, enforceSSL: true });
    if (config.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(config.alarmEmail));
    for (const shape of ALARMS) this.#alarm(shape).addAlarmAction(new SnsAction(topic));
    this.#dashboard();
  }

  #alarm(shape: AlarmShape): Alarm {
    const { id, says, metrics, above, minutes, periods } = shape;
    const period = Duration.minutes(minutes);
    const each: Record<string, IMetric> = Object.fromEntries(
      metrics.map((one, i) => [`m${i}`, this.#metric(one, period)]),
    );
    const [first] = Object.values(each);
    const metric =
      metrics.length === 1 && first !== undefined
        ? first
        : new MathExpression({ expression: Object.keys(each).join(' + '), usingMetrics: each, period });
    return new Alarm(this, id, {
      alarmName: `${this.names.prefix}-${id}`,
      alarmDescription: `${says} What to do: ${RUNBOOKS}#${id}`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  #metric(one: AlarmShape['metrics'][number], period: Duration): Metric {
    const { names } = this;
    const { metric: metricName, statistic } = one;
    if ('function' in one)
      return new Metric({
        namespace: 'AWS/Lambda',
        metricName,
        statistic,
        period,
        dimensionsMap: { FunctionName: names.function(one.function) },
      });
    const QueueName = one.deadLetters ? names.deadLetters(one.queue) : names.queue(one.queue);
    return new Metric({ namespace: 'AWS/SQS', metricName, statistic, period, dimensionsMap: { QueueName } });
  }

  #dashboard(): void {
    const { names } = this;
    const period = Duration.minutes(5);
    const lambda = (metricName: string, statistic: string) =>
      FUNCTION_NAMES.map(
        (name) =>
          new Metric({
            namespace: 'AWS/Lambda',
            metricName,
            statistic,
            period,
            label: name,
            dimensionsMap: { FunctionName: names.function(name) },
          }),
      );
    const queues = (metricName: string) =>
      QUEUE_NAMES.map(
        (name) =>
          new Metric({
            namespace: 'AWS/SQS',
            metricName,
            statistic: 'Maximum',
            period,
            label: name,
            dimensionsMap: { QueueName: names.queue(name) },
          }),
      );
    const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12, height: 6 });
    new Dashboard(this, 'Dashboard', {
      dashboardName: names.prefix,
      widgets: [
        [new TextWidget({ markdown: `# ${names.prefix}\nAlarms and what to do: ${RUNBOOKS}`, width: 24, height: 2 })],
        [graph('Calls', lambda('Invocations', 'Sum')), graph('Errors', lambda('Errors', 'Sum'))],
        [graph('Duration, p99', lambda('Duration', 'p99')), graph('Throttles', lambda('Throttles', 'Sum'))],
        [
          graph('Waiting', queues('ApproximateNumberOfMessagesVisible')),
          graph('Oldest message, s', queues('ApproximateAgeOfOldestMessage')),
        ],
      ],
    });
  }
}
