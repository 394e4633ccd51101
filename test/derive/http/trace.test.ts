import { expect, test } from 'vitest';
import { traceIdOf } from '#lib/derive/http/trace';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

test('a valid traceparent names the trace', () => {
  expect(traceIdOf(`00-${TRACE}-00f067aa0ba902b7-01`)).toBe(TRACE);
});

test.each([
  ['none', undefined],
  ['another version', `01-${TRACE}-00f067aa0ba902b7-01`],
  ['upper case', `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`],
  ['a zero trace', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
  ['a zero parent', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['something longer', `00-${TRACE}-00f067aa0ba902b7-01-x`],
  ['a line break', `00-${TRACE}-00f067aa0ba902b7-01\n`],
])('%s begins a new trace', (_what, header) => {
  const [first, second] = [traceIdOf(header), traceIdOf(header)];
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(first).not.toBe(TRACE);
  expect(first).not.toBe(second);
});
