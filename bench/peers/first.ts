// From the start of a process to a model's first answer, with no more than a caller needs who asks once.
import { createGateway } from '#lib/lm/gateway';
import { createProviders, modelFromId } from '#lib/lm/registry';
import { runModule } from '#lib/module/runtime';
import type { ModuleSpec } from '#lib/module/spec';
import { parseSignature } from '#lib/signature/parse';

const gateway = createGateway({
  providers: createProviders({ dataDir: '.', env: process.env }),
  secrets: { get: async () => null, put: async () => {} } as never,
});
const signature = parseSignature('ticketText -> queueLabel');
const spec: ModuleSpec = { type: 'predict', implementation: 'native', signature, demos: [], config: {} };
const model = modelFromId('openai/mock');
const { outputs } = await runModule(
  spec,
  { ticketText: 'hello' },
  { workspaceId: 'wsp_bench', gateway, model: () => model },
);
if (outputs?.queueLabel !== 'spam') throw new Error(`wanted "spam", there was ${JSON.stringify(outputs)}`);
console.log(0);
process.exit();
