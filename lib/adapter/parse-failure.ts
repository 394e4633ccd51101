import { StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';

/** Enough of an answer to see what went wrong, little enough for a log. */
const SHOWN = 2000;

export interface ParseDetails {
  adapter: string;
  /** The field whose value did not fit; absent when the answer as a whole did not. */
  field?: string;
  /** Outputs the answer lacks. */
  missing?: string[];
  completion: string;
}

/** The model's answer does not hold the signature's outputs: `Output.Invalid`, retryable. */
export class ParseFailure extends StepFailure {
  readonly completion: string;
  readonly field: string | undefined;

  constructor(message: string, details: ParseDetails, cause?: unknown) {
    const { completion } = details;
    const shown: { [key: string]: Json } = {
      ...details,
      completion: completion.length > SHOWN ? `${completion.slice(0, SHOWN)}...` : completion,
    };
    super('Output.Invalid', message, { details: shown, cause });
    this.completion = completion;
    this.field = details.field;
  }
}
