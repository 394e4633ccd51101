import type { Failure } from '#lib/base/failure';

// What OpenAI, Anthropic, Bedrock, vLLM, Ollama and llama.cpp say of a prompt that does not fit.
const SAYS_TOO_LONG =
  /context[ _-]?(?:length|window|size)|maximum context|prompt is too long|input is too long|too many (?:input )?tokens|exceeds? the (?:available|model'?s?) context/iu;

/** Was the request refused because it is longer than the model's context? Providers have no common code for it. */
export function exceedsContextWindow(failure: Failure): boolean {
  const refused = failure.name === 'Model.Refused' || failure.name === 'Model.Unavailable';
  return refused && SAYS_TOO_LONG.test(failure.message);
}
