import type { Provider } from './provider.ts';
import { loadPackage, perSecret } from './sdk-package.ts';

/**
 * Amazon Bedrock through the AI SDK's package, loaded at the first call. Model ids, inference profiles and ARNs all work.
 * Credentials are the process's own (a function's role), or a Bedrock API key when the settings name a secret.
 */
export const bedrockProvider: Provider = async (settings, { secret }) => {
  const name = '@ai-sdk/amazon-bedrock';
  const { createAmazonBedrock } = await loadPackage(name, () => import('@ai-sdk/amazon-bedrock'));
  const { endpoint, model, secretRef } = settings;
  const read = async () => (secretRef === undefined ? null : secret(secretRef));
  return perSecret(model, 'bedrock', read, (apiKey) =>
    createAmazonBedrock({
      ...(apiKey === null ? {} : { apiKey }),
      ...(endpoint === undefined ? {} : { baseURL: endpoint }),
    })(model),
  );
};
