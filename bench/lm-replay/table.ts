import type { Split } from './tasks.ts';

/** A configuration on the examples of a split, in their order. */
export interface RecordedLine {
  configuration: string;
  split: Split;
  /** Which label was answered; -1 for none. */
  answers: number[];
  /** `1` right, `0` wrong. */
  scores: string;
  /** Tokens of all calls, and their milliseconds with the prompt's beginning evaluated already. */
  input: number[];
  output: number[];
  ms: number[];
}

/** The lines of a recording; a last one that was cut off is none. */
export function readLines(text: string): RecordedLine[] {
  const lines = text.split('\n');
  lines.pop();
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RecordedLine);
}
