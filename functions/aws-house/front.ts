import { timingSafeEqual } from 'node:crypto';
import { DspexError, Unavailable } from '#lib/base/errors';
import { sha256 } from '#lib/base/hash';
import { createApp } from '#lib/derive/http/app';
import { version } from '../version.ts';
import type { Aws } from '../wire-aws.ts';
import { drivingHere } from './drive-here.ts';
import { untilAsked } from './until-asked.ts';
import { HOUSE_SECRETS, HOUSE_VARIABLES } from './variables.ts';

export type App = ReturnType<typeof createApp>;

/** Below the 29 s after which an HTTP API answers by itself. */
const WAIT_SECONDS = 24;
export const ORIGIN_HEADER = 'x-dspex-origin';

/** The HTTP surface over the house. Throws Unavailable `house_not_set_up` before `setup` has run. */
export async function openFront(
  aws: Aws,
  onFault: (route: string, error: unknown) => void,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<App> {
  const cursorKey = await aws.home.secrets.get(`ssm:${HOUSE_SECRETS.cursorKey}`);
  if (cursorKey === null)
    throw new Unavailable('house_not_set_up', 'this house was deployed but not set up yet; `dspex deploy` does both', {
      retryAfterSeconds: 30,
    });
  const app = createApp({
    kernel: drivingHere(aws.kernel, async (run, signal) => {
      const { driveExecution } = await import('#lib/work/execution');
      return untilAsked(aws.services.live, run.executionId, signal, {
        drive: (held) => driveExecution(aws.work, run, { signal: held }),
        handOver: () => aws.home.workflows.start(run),
      });
    }),
    cursorKey,
    version,
    maxWaitSeconds: WAIT_SECONDS,
    onFault: ({ method, route, error }) => onFault(`${method} ${route}`, error),
  });
  return guarded(app, environment[HOUSE_VARIABLES.originHeader]);
}

/** Behind a front of ours, requests that go round it are turned away before anything reads them. */
function guarded(app: App, expected: string | undefined): App {
  if (expected === undefined || expected === '') return app;
  const wanted = Buffer.from(sha256(expected));
  const { fetch } = app;
  app.fetch = (request, ...rest) => {
    const given = Buffer.from(sha256(request.headers.get(ORIGIN_HEADER) ?? ''));
    return timingSafeEqual(given, wanted) ? fetch(request, ...rest) : new Response(null, { status: 403 });
  };
  return app;
}

/** What a request gets when there is no app to answer it. */
export function unavailable(error: unknown): { statusCode: number; headers: Record<string, string>; body: string } {
  const known = DspexError.is(error) && error.status === 503;
  const [code, detail] = known
    ? [error.code, error.message]
    : ['internal', 'the house could not be opened; its log says why'];
  return {
    statusCode: known ? 503 : 500,
    headers: { 'content-type': 'application/problem+json', 'retry-after': '5', 'cache-control': 'no-store' },
    body: JSON.stringify({ type: 'about:blank', title: 'Unavailable', status: known ? 503 : 500, code, detail }),
  };
}
