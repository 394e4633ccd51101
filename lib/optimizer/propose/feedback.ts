import type { ExampleOutcome, ExampleSketch } from '../spec.ts';
import { shownValues } from './shown.ts';

/** What a run on an example is worth and why: the metric's own words, or what was wanted. */
export function feedbackOf(outcome: ExampleOutcome, example: ExampleSketch | undefined): string {
  if (outcome.failure !== undefined) return `The run failed: ${outcome.failure.message}`;
  const wanted = example === undefined ? '' : ` Wanted: ${shownValues(example.labels, 600).replaceAll('\n', '; ')}`;
  const said = outcome.feedback === undefined ? wanted : ` ${outcome.feedback}${wanted}`;
  return `Score ${Number((outcome.score ?? 0).toFixed(3))}.${said}`;
}

/** What these nodes were given and what they answered in a run, call by call. */
export function shownCalls(outcome: ExampleOutcome, nodeIds: readonly string[]): string {
  const calls = (outcome.traces ?? []).filter(({ nodeId }) => nodeIds.includes(nodeId));
  if (calls.length === 0) return 'It was not reached, or its answer could not be read.';
  return calls
    .map(
      ({ nodeId, inputs, outputs }) =>
        `${nodeId} was given\n${shownValues(inputs)}\n${nodeId} answered\n${shownValues(outputs)}`,
    )
    .join('\n');
}
