import { expect, it } from 'vitest';
import { handedOn, type LambdaAnswer } from '../../functions/aws-house/answer-size.ts';
import { handle } from '../../functions/aws-house/hono-lambda.ts';
import { KEY, openWorld } from '../work/world.ts';

const MEGABYTE = 1024 * 1024;
const headers = { 'content-type': 'application/json', 'x-trace-id': 'trace', location: '/v1/executions/exe_1' };
const answerOf = (body: string): LambdaAnswer => ({ statusCode: 200, headers, body });
const event = (path: string, query = '') => ({
  ...{ version: '2.0', rawPath: path, rawQueryString: query, headers: { authorization: `Bearer ${KEY}` } },
  requestContext: { http: { method: 'GET', path, sourceIp: '127.0.0.1' }, domainName: 'api.example' },
});

it('an answer just below what Lambda hands on is handed on untouched; one just above says how large it is', () => {
  const around = JSON.stringify(answerOf('')).length;
  const largest = answerOf('x'.repeat(6 * MEGABYTE - around));
  expect(handedOn(largest, '/v1/a')).toBe(largest);
  const { statusCode, headers: told = {}, body = '' } = handedOn(answerOf(`${largest.body}x`), '/v1/a');
  expect(statusCode).toBe(422);
  expect(told).toMatchObject({ 'content-type': 'application/problem+json', location: '/v1/executions/exe_1' });
  expect(JSON.parse(body)).toMatchObject({
    ...{ code: 'answer_too_large', bytes: 6 * MEGABYTE + 1, most: 6 * MEGABYTE, instance: '/v1/a', traceId: 'trace' },
    detail: expect.stringContaining('ask for fewer'),
  });
});

it('what counts is the answer as JSON: quotes, control characters and letters of several bytes', () => {
  for (const [letter, bytes] of [
    ['"', 2],
    ['\u0000', 6],
    ['é', 2],
    ['漢', 3],
  ] as const) {
    const fits = Math.floor((6 * MEGABYTE - 1000) / bytes);
    expect(handedOn(answerOf(letter.repeat(fits)), '/').statusCode).toBe(200);
    expect(handedOn(answerOf(letter.repeat(fits + 1000)), '/').statusCode).toBe(422);
  }
});

it('a list of large records is refused with a reason, and comes in smaller pages', async () => {
  const world = await openWorld(() => '');
  const typicalInputs = Array.from({ length: 32 }, () => ({
    a: 'é'.repeat(4000),
    b: 'é'.repeat(4000),
    c: 'é'.repeat(3000),
  }));
  for (let n = 0; n < 9; n++)
    await world.client.call('language-models', 'create', {
      input: { name: `large-${n}`, model: 'openai/x', defaults: { typicalInputs } },
    });
  const asked = async (query: string) => {
    const request = event('/v1/language-models', query);
    return handedOn((await handle(world.house.app)(request as never)) as LambdaAnswer, request.rawPath);
  };
  const refused = await asked('limit=100');
  expect([refused.statusCode, JSON.parse(refused.body ?? '').code]).toEqual([422, 'answer_too_large']);
  const small = await asked('limit=4');
  expect([small.statusCode, JSON.parse(small.body ?? '').items.length]).toEqual([200, 4]);
});
