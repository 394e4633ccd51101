// From nothing to a model's first answer: a Predict over the gateway and our OpenAI-compatible provider.
import { createGateway } from '#lib/lm/gateway';
import { createProviders, modelFromId } from '#lib/lm/registry';
import { runModule } from '#lib/module/runtime';
import { parseSignature } from '#lib/signature/parse';
import { sayCpu } from './say-cpu.ts';

const gateway = createGateway({
  providers: createProviders({ dataDir: '.', env: process.env }),
  secrets: { get: async () => null, put: async () => {} } as never,
});
const spec = {
  type: 'predict' as const,
  implementation: 'native' as const,
  signature: parseSignature('text -> label'),
  demos: [],
  config: {},
};
const model = modelFromId('openai/mock');
const { outputs } = await runModule(
  spec,
  { text: 'hello' },
  { workspaceId: 'wsp_bench', gateway, model: () => model, sample: 0 },
);
if (outputs?.label !== 'spam') throw new Error(`wanted "spam", the model said ${JSON.stringify(outputs)}`);
sayCpu();
process.exit();
