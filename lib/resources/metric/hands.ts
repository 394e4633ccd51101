import type { Purse } from '#lib/lm/budget/purse';
import type { MetricHands } from '#lib/metric/spec';
import { runModule } from '#lib/module/runtime';
import type { Context } from '../define.ts';
import { modelNamed } from '../language-model/named.ts';
import type { Services } from '../services.ts';
import { pythonScore } from './python-score.ts';

/** Judges of this house ask through the same gateway as everybody: cached, priced and accounted in the workspace. */
export function metricHands(
  services: Pick<Services, 'gateway' | 'python' | 'blobs'>,
  ctx: Pick<Context, 'find' | 'workspaceId'>,
  signal?: AbortSignal,
  purse?: Purse,
): MetricHands {
  const { gateway } = services;
  const models = new Map<string, ReturnType<typeof modelNamed>>();
  return {
    judge: async (module, lm, inputs) => {
      const settings = models.get(lm) ?? modelNamed(lm, ctx);
      models.set(lm, settings);
      const model = await settings;
      const { workspaceId } = ctx;
      return runModule(module, inputs, {
        ...{ workspaceId, gateway, model: () => model },
        ...(signal === undefined ? {} : { signal }),
        ...(purse === undefined ? {} : { purse }),
      });
    },
    python: (spec, example, outputs) => pythonScore(spec, example, outputs, services, ctx, signal, purse),
  };
}
