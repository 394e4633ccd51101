import type { LmAnswer, Message, ResponseFormat } from '#lib/lm/spec';
import type { Signature, Values } from '#lib/signature/signature';

/** A worked example shown to the model. `augmented` marks one made by bootstrapping, as in DSPy. */
export type Demo = Values;

/**
 * Turns a signature, demos and inputs into messages, and an answer's text back into output values; byte for byte what
 * DSPy's adapter of the same name does.
 */
export interface Adapter {
  readonly name: 'chat' | 'json' | 'xml';
  format(signature: Signature, demos: readonly Demo[], inputs: Values): Message[];
  /** The values of a signature's inputs as one user turn shows them, without what is required of the answer. */
  userTurn(signature: Signature, inputs: Values): string;
  /** Throws ParseFailure, a StepFailure named `Output.Invalid` that says which field and shows the text. */
  parse(signature: Signature, completion: string): Values;
  /** What to ask of a provider that can constrain its answer; undefined for plain text. */
  responseFormat?(signature: Signature): ResponseFormat | undefined;
  /** Splits a growing answer into field pieces, for streaming by output field. */
  stream?(signature: Signature): (delta: string) => { field: string; text: string }[];
}

export type Completion = Pick<LmAnswer, 'text'>;
