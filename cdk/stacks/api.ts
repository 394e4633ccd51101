import { CfnOutput, Fn } from 'aws-cdk-lib';
import { type CfnStage, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type Code, FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { houseFunction } from '../parts/functions.ts';
import { DspexStack, type StackParts } from './stack.ts';

/** Requests a second that the front lets through, and how many at once. */
const RATE = 500;
const BURST = 1000;

/** The API's function and what stands before it. */
export class ApiStack extends DspexStack {
  constructor(scope: Construct, parts: StackParts & { code: Code }) {
    super(scope, 'api', parts, { doc: 'dspex: the HTTP API' });
    // Behind CloudFront, only what it sends is answered. The stack's own UUID: nobody outside the account knows it, and
    // it costs nothing to keep.
    const secret = this.config.edge && !this.emulated ? Fn.select(2, Fn.split('/', this.stackId)) : '';
    const guard: Record<string, string> = secret === '' ? {} : { DSPEX_ORIGIN_HEADER: secret };
    const url =
      this.config.front === 'httpApi' ? this.#httpApi(parts.code, guard) : this.#functionUrl(parts.code, guard);
    new CfnOutput(this, 'ApiUrl', { value: url, description: 'Where the API answers' });
    for (const [what, stringValue] of Object.entries({
      'api-host': Fn.select(2, Fn.split('/', url)),
      'origin-header': secret,
    }))
      if (stringValue !== '')
        new StringParameter(this, what, {
          parameterName: this.names.parameter(what),
          stringValue,
          description: `For the distribution: ${what}`,
        });
  }

  #httpApi(code: Code, guard: Record<string, string>): string {
    const { config, names } = this;
    const api = new HttpApi(this, 'Api', {
      apiName: names.prefix,
      description: 'dspex',
      defaultIntegration: new HttpLambdaIntegration('ToApi', houseFunction(this, 'api', code, guard)),
    });
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${names.prefix}`,
      retention: config.logRetentionDays as RetentionDays,
    });
    const stage = api.defaultStage?.node.defaultChild as CfnStage;
    stage.defaultRouteSettings = { throttlingRateLimit: RATE, throttlingBurstLimit: BURST };
    stage.accessLogSettings = {
      destinationArn: log.logGroupArn,
      // No path: it holds ids of records, and no header: one holds the key.
      format: JSON.stringify({
        time: '$context.requestTimeEpoch',
        request: '$context.requestId',
        method: '$context.httpMethod',
        status: '$context.status',
        milliseconds: '$context.responseLatency',
        bytes: '$context.responseLength',
        error: '$context.error.message',
      }),
    };
    return `${api.apiEndpoint}/`;
  }

  #functionUrl(code: Code, guard: Record<string, string>): string {
    const fn = houseFunction(this, 'api-stream', code, guard);
    const url = fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.RESPONSE_STREAM });
    return url.url;
  }
}
