import { handedOn, type LambdaAnswer } from '../aws-house/answer-size.ts';
import { type App, openFront, unavailable } from '../aws-house/front.ts';
import { handle } from '../aws-house/hono-lambda.ts';
import type { LambdaContext } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';

// Loaded beside the first answer, not before it.
const observing = import('../aws-house/observed.ts');
let app: Promise<App> | null = null;

/** Every request of the API, answered whole. */
export async function handler(event: never, context: LambdaContext): Promise<unknown> {
  const { observed, logger, said } = await observing;
  return observed('api', async (request: { rawPath?: string }) => {
    try {
      app ??= openFront(aws(), (route, error) => logger.error('answered 5xx', { route, ...said(error) }));
      const answer = await handle(await app)(request as never, context as never);
      await aws().flush();
      return handedOn(answer as LambdaAnswer, request.rawPath ?? '/');
    } catch (error) {
      app = null;
      logger.error('no app', said(error));
      return unavailable(error);
    }
  })(event, context);
}
