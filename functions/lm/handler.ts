import { answerModelCall, type ModelCall } from '../aws-house/model-call.ts';
import { observed } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';

/** The gateway for Python: it asks by invoking this function, and never sees a provider's secret. */
export const handler = observed('lm', async (call: ModelCall) => {
  try {
    return await answerModelCall(aws(), call);
  } finally {
    await aws().flush();
  }
});
