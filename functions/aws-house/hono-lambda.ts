/** The one place that knows the adapter: hono 5 moves it to a package of its own, `@hono/aws-lambda`. */
export { handle, streamHandle } from 'hono/aws-lambda';
