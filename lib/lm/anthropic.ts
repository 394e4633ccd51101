import { StepFailure } from '#lib/base/failure';
import type { Provider } from './provider.ts';
import { loadPackage, perSecret } from './sdk-package.ts';

const DEFAULT_SECRET = 'env:ANTHROPIC_API_KEY';

/** Anthropic through the AI SDK's package, loaded at the first call. */
export const anthropicProvider: Provider = async (settings, { secret }) => {
  const { createAnthropic } = await loadPackage('@ai-sdk/anthropic', () => import('@ai-sdk/anthropic'));
  const { endpoint, model } = settings;
  const reference = settings.secretRef ?? (endpoint === undefined ? DEFAULT_SECRET : null);
  const read = async () => (reference === null ? null : secret(reference));
  return perSecret(model, 'anthropic', read, (apiKey) => {
    if (apiKey === null)
      throw new StepFailure('Model.Refused', `there is no secret ${reference ?? ''} to call ${model} with`);
    return createAnthropic({ apiKey, ...(endpoint === undefined ? {} : { baseURL: endpoint }) })(model);
  });
};
