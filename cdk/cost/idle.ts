import { FREE, PRICES } from './prices.ts';

/** A template as far as it is priced. */
export interface PricedTemplate {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

export interface IdleCost {
  /** US dollars a month for a house in which nothing happens, by what they are for. */
  lines: { what: string; count: number; usd: number }[];
  usd: number;
}

const MONTH_SECONDS = 30 * 24 * 3600;
/** What an idle queue's event source asks: five pollers, each waiting twenty seconds (AWS's own figure). */
const POLLS_A_MONTH = 5 * (MONTH_SECONDS / 20);
/** A scheduled look at a house with nothing in it, measured on the emulator, doubled; the memory is the function's. */
const LOOK_SECONDS = 0.5;
const LOOK_READ_UNITS = 10;
const LOOK_LOG_GB = 1e-6;

/** Types that cost nothing while nothing happens. Whatever is not listed here or priced below is refused. */
const FREE_AT_REST = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CloudFront::Distribution',
  'AWS::CloudFront::ResponseHeadersPolicy',
  'AWS::DynamoDB::Table',
  'AWS::Events::EventBus',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::Alias',
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Url',
  'AWS::Lambda::Version',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::SSM::Parameter',
  'AWS::StepFunctions::StateMachine',
]);
const MONTHLY: Readonly<Record<string, number>> = {
  'AWS::KMS::Key': PRICES.keyMonth,
  'AWS::SecretsManager::Secret': PRICES.secretMonth,
  'AWS::WAFv2::WebACL': PRICES.webAclMonth,
};

/**
 * What a house costs a month while nothing happens, from its templates. `free` says whether this account's standing
 * allowances are counted. Throws on a type of resource that nobody has priced.
 */
export function idleCost(templates: readonly PricedTemplate[], { free }: { free: boolean }): IdleCost {
  const all = templates.flatMap(({ Resources }) => Object.values(Resources));
  const of = (type: string) => all.filter(({ Type }) => Type === type);
  const unknown = all.filter(({ Type }) => !FREE_AT_REST.has(Type) && !(Type in MONTHLY) && !PRICED.has(Type));
  if (unknown.length > 0)
    throw new Error(
      `nobody has priced ${[...new Set(unknown.map(({ Type }) => Type))].join(', ')}: see cdk/cost/idle.ts`,
    );
  const beyond = (count: number, allowance: number) => Math.max(0, count - (free ? allowance : 0));

  const polls = of('AWS::Lambda::EventSourceMapping').filter(
    ({ Properties }) => Properties?.ScalingConfig !== undefined,
  );
  const pollRequests = polls.length * POLLS_A_MONTH;
  const looks = of('AWS::Events::Rule').reduce(
    (sum, { Properties }) => sum + looksOf(Properties?.ScheduleExpression),
    0,
  );
  const gbSeconds = looks * LOOK_SECONDS * 0.5;
  const metrics = of('AWS::CloudWatch::Alarm').reduce((sum, { Properties }) => sum + metricsOf(Properties), 0);
  const dashboards = of('AWS::CloudWatch::Dashboard').length;
  const lines = [
    { what: 'polling of queues', count: pollRequests, usd: beyond(pollRequests, FREE.sqsRequests) * PRICES.sqsRequest },
    {
      ...{ what: 'scheduled looks', count: looks },
      usd:
        beyond(looks, FREE.lambdaRequests) * PRICES.lambdaRequest +
        beyond(gbSeconds, FREE.lambdaGbSeconds) * PRICES.lambdaGbSecond +
        looks * LOOK_READ_UNITS * PRICES.readUnit,
    },
    // One a minute or less: X-Ray records every one of them.
    { what: 'traces of looks', count: looks, usd: beyond(looks, FREE.traces) * PRICES.trace },
    {
      ...{ what: 'log of looks, GB', count: looks * LOOK_LOG_GB },
      usd: beyond(looks * LOOK_LOG_GB, FREE.logGb) * PRICES.logGb,
    },
    { what: 'metrics of alarms', count: metrics, usd: beyond(metrics, FREE.alarmMetrics) * PRICES.alarmMetricMonth },
    { what: 'dashboards', count: dashboards, usd: beyond(dashboards, FREE.dashboards) * PRICES.dashboardMonth },
    ...Object.entries(MONTHLY).map(([type, usd]) => ({
      what: type,
      count: of(type).length,
      usd: of(type).length * usd,
    })),
  ];
  return { lines, usd: lines.reduce((sum, { usd }) => sum + usd, 0) };
}

const PRICED = new Set([
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Events::Rule',
  'AWS::Lambda::EventSourceMapping',
]);

/** Of `rate(5 minutes)`; rules on events cost nothing while there are none. */
function looksOf(schedule: unknown): number {
  if (typeof schedule !== 'string') return 0;
  const [, every] = /^rate\((\d+) minutes?\)$/.exec(schedule) ?? [];
  if (every === undefined) throw new Error(`nobody has priced the schedule ${schedule}`);
  return MONTH_SECONDS / 60 / Number(every);
}

/** An alarm costs by the metrics it looks at. */
function metricsOf(properties: Record<string, unknown> = {}): number {
  const { Metrics } = properties;
  return Array.isArray(Metrics)
    ? Metrics.filter((one: { MetricStat?: unknown }) => one.MetricStat !== undefined).length
    : 1;
}
