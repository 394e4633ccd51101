import { openFront } from '../aws-house/front.ts';
import { streamHandle } from '../aws-house/hono-lambda.ts';
import { aws } from '../aws-house/once.ts';

/** Answers that go on: event streams. Apart from the rest, since an error after the head has left cannot change it. */
export const handler: ReturnType<typeof streamHandle> = streamHandle(
  await openFront(aws(), (route, error) => console.error(route, error)),
);
