import { StepFailure } from '#lib/base/failure';
import type { Purse } from '#lib/lm/budget/purse';
import type { PythonSpec, Score } from '#lib/metric/spec';
import { gatewayDoor } from '#lib/module/python-lm';
import { pythonModels } from '#lib/module/python-models';
import { packageAsk, packagesOf } from '#lib/module/python-package';
import type { CallRecord } from '#lib/module/spec';
import type { Values } from '#lib/signature/signature';
import type { Context } from '../define.ts';
import { modelNamed } from '../language-model/named.ts';
import type { Services } from '../services.ts';

const TIMEOUT_MS = 60_000;
// An evaluation has many examples for few workers.
const WAIT_MS = 600_000;

/** A metric function of an adopted package on one pair, in a worker; what it asks of a model goes through the gateway. */
export async function pythonScore(
  spec: PythonSpec,
  example: { inputs: Values; labels: Values },
  outputs: Values,
  { python, blobs, gateway }: Pick<Services, 'python' | 'blobs' | 'gateway'>,
  ctx: Pick<Context, 'find' | 'workspaceId'>,
  signal?: AbortSignal,
  purse?: Purse,
): Promise<Score> {
  if (python === undefined)
    throw new StepFailure(
      'Python.Unavailable',
      `${spec.entry} is a Python function, and no Python runtime is set up here`,
    );
  const { entry, package: files, lock, program, lm: named } = spec;
  if (files === undefined)
    throw new StepFailure(
      'Module.Unsupported',
      `the metric ${entry} has no files: adopt its package, which makes it one`,
    );
  const { workspaceId } = ctx;
  const calls: CallRecord[] = [];
  const models = pythonModels();
  const model = named === undefined ? undefined : await modelNamed(named, ctx);
  const lm = model && { model: models.name(model), parameters: { ...model.defaults }, sample: 0 };
  const packages = packagesOf({ package: files, ...(lock === undefined ? {} : { lock }) }, workspaceId, blobs);
  const { score, feedback } = await python.call({
    operation: 'score',
    payload: {
      ...{ package: { ...files }, entry, example: { ...example }, outputs },
      ...(program === undefined ? {} : { program }),
      ...(lm === undefined ? {} : { lm }),
    },
    timeoutMs: TIMEOUT_MS,
    waitMs: WAIT_MS,
    // A function that judges has no other effect than what it asks.
    repeatable: true,
    asks: { package: packageAsk({ package: files }, workspaceId, blobs) },
    lm: gatewayDoor(
      { workspaceId, gateway, ...(purse === undefined ? {} : { purse }) },
      models.named,
      (call) => void calls.push(call),
    ),
    ...(packages === undefined ? {} : { packages }),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    value: Number(score),
    ...(typeof feedback === 'string' ? { reason: feedback } : {}),
    ...(calls.length === 0 ? {} : { calls }),
  };
}
