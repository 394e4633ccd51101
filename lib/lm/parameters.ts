import type { LanguageModelSettings, LmParameters, LmRequest } from './spec.ts';

// OpenAI's reasoning models refuse sampling settings and count their thinking in `max_completion_tokens`.
// Source: platform.openai.com/docs/guides/reasoning; the family test is the one DSPy makes.
const REASONING = /^(?:.*\/)?(?:o[1345](?:-.*)?|gpt-5(?!-chat)(?:[-.].*)?)$/u;

export function isReasoningModel(settings: Pick<LanguageModelSettings, 'provider' | 'model'>): boolean {
  return settings.provider === 'openai' && REASONING.test(settings.model);
}

/** The settings that really go out: the model's defaults, overridden by the request, less what the model refuses. */
export function sentParameters(request: Pick<LmRequest, 'model' | 'parameters'>): LmParameters {
  const merged = { ...request.model.defaults, ...definedOnly(request.parameters) };
  if (!isReasoningModel(request.model)) return merged;
  const { temperature: _temperature, topP: _topP, stop: _stop, ...accepted } = merged;
  return accepted;
}

function definedOnly(parameters: LmParameters): LmParameters {
  for (const name in parameters)
    if (parameters[name as keyof LmParameters] === undefined)
      return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
  return parameters;
}
