/**
 * AWS list prices in us-east-1, US dollars, read in November 2026 from the services' pricing pages (named at each).
 * Tokens of models are not among them.
 */
export const PRICES = {
  /** https://aws.amazon.com/step-functions/pricing/ */
  standardTransition: 25 / 1e6,
  /** https://aws.amazon.com/lambda/pricing/, arm64 */
  lambdaRequest: 0.2 / 1e6,
  lambdaGbSecond: 0.0000133334,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  recoveryGbMonth: 0.2,
  /** https://aws.amazon.com/sqs/pricing/, standard */
  sqsRequest: 0.4 / 1e6,
  /** https://aws.amazon.com/eventbridge/pricing/: events of one's own; schedules and AWS's events are free. */
  busEvent: 1 / 1e6,
  /** https://aws.amazon.com/s3/pricing/ */
  s3Put: 5 / 1e6,
  s3Get: 0.4 / 1e6,
  /** https://aws.amazon.com/api-gateway/pricing/ */
  httpApiRequest: 1 / 1e6,
  /** https://aws.amazon.com/cloudwatch/pricing/ */
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  logGb: 0.5,
  /** https://aws.amazon.com/kms/pricing/ */
  keyMonth: 1,
  /** https://aws.amazon.com/secrets-manager/pricing/ */
  secretMonth: 0.4,
  /** https://aws.amazon.com/waf/pricing/ */
  webAclMonth: 5,
  /** https://aws.amazon.com/xray/pricing/ */
  trace: 5 / 1e6,
} as const;

/** What every account has free each month, for good (not the first year's): it counts where nothing else uses it up. */
export const FREE = {
  sqsRequests: 1e6,
  alarmMetrics: 10,
  dashboards: 3,
  logGb: 5,
  lambdaRequests: 1e6,
  lambdaGbSeconds: 400_000,
  traces: 100_000,
} as const;
