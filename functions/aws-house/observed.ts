import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { DspexError } from '#lib/base/errors';

/** One of each for a function's process. They read their names from POWERTOOLS_* variables, which the stack sets. */
export const logger = new Logger();
export const tracer = new Tracer();
export const metrics = new Metrics({ namespace: 'Dspex' });

/** What a trace is found by: `program`, `version`, `execution`, `optimization`. Never what a user wrote. */
export type Annotations = Readonly<Record<string, string | number | undefined>>;

/**
 * A handler with a trace segment and a failure count; durations are metrics of Lambda itself, and free. Errors go on to who called, logged by name and code:
 * their messages may quote users.
 */
export function observed<E, A>(
  name: string,
  handler: (event: E, context: LambdaContext) => Promise<A>,
): (event: E, context: LambdaContext) => Promise<A> {
  return async (event, context) => {
    logger.resetKeys();
    logger.appendKeys({ function: name, request: context.awsRequestId });
    const parent = tracer.isTracingEnabled() ? tracer.getSegment() : undefined;
    const segment = parent?.addNewSubsegment(`## ${name}`);
    if (segment !== undefined) tracer.setSegment(segment);
    try {
      return await handler(event, context);
    } catch (error) {
      metrics.addMetric('Failures', MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
      logger.error('failed', said(error));
      if (error instanceof Error) tracer.addErrorAsMetadata(error);
      throw error;
    } finally {
      segment?.close();
      if (parent !== undefined) tracer.setSegment(parent);
    }
  };
}

export function annotate(annotations: Annotations): void {
  for (const [name, value] of Object.entries(annotations)) {
    if (value === undefined) continue;
    tracer.putAnnotation(name, value);
    logger.appendKeys({ [name]: value });
  }
}

/** Names, codes and places, without a word of any input. */
export function said(error: unknown): { error: string; code?: string; at?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const at = placesOf(error);
  return {
    error: error.name,
    ...(DspexError.is(error) ? { code: error.code } : {}),
    ...(at === undefined ? {} : { at }),
  };
}

/** Of the stack, its places alone: before them stands the message, which may have several lines. */
function placesOf({ stack = '' }: Error): string | undefined {
  const places = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  return places.length === 0 ? undefined : places.slice(0, 3).join(' ').trim();
}

/** What Lambda gives every handler, as far as ours read it. */
export interface LambdaContext {
  awsRequestId: string;
  invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}
