import { StepFailure } from '#lib/base/failure';
import type { Message } from '../spec.ts';
import type { LlamaModel, Token } from './llama.ts';

// What SmolLM2's own chat template adds when a conversation has no system message.
const DEFAULT_SYSTEM = 'You are a helpful AI assistant named SmolLM, trained by Hugging Face';

/**
 * The prompt in ChatML as token segments, a message each, and the opening of the answer. Contents are tokenized as plain
 * text, so `<|im_end|>` in an input stays an input. Segments are what is evaluated and reused as a whole.
 */
export function promptSegments(model: LlamaModel, messages: readonly Message[]): Token[][] {
  const { bos: start, eos: end } = model.tokens;
  if (start === null || end === null) throw new StepFailure('Model.Unavailable', 'the GGUF file has no ChatML tokens');
  const newline = model.tokenize('\n', false);
  const turn = ({ role, content }: { role: string; content: string }): Token[] => [
    start,
    ...model.tokenize(`${role}\n${content}`, false),
    end,
    ...newline,
  ];
  const turns = messages.map((message) => ({ role: message.role, content: textOf(message) }));
  if (turns[0]?.role !== 'system') turns.unshift({ role: 'system', content: DEFAULT_SYSTEM });
  const segments = turns.map(turn);
  segments.push([start, ...model.tokenize('assistant\n', false)]);
  return segments;
}

/** A message's text. The embedded model reads nothing but text. */
export function textOf(message: Message): string {
  if (typeof message.content === 'string') return message.content;
  return message.content
    .map((part) => {
      if (part.type === 'text' && typeof part.text === 'string') return part.text;
      throw new StepFailure('Model.Refused', `the embedded model reads text only, and was given ${part.type}`);
    })
    .join('');
}
