import { environmentOf } from '#lib/aws/settings';
import { QUEUE_NAMES, type QueueName } from '#lib/ports/queue';
import { FUNCTIONS } from '../functions.ts';
import { lockKey } from '../layer/made.ts';
import type { FunctionName } from '../names.ts';
import type { DspexStack } from '../stacks/stack.ts';

/** What a function is told: names of what it may use, and never a value that somebody must not see. */
export function environmentFor(stack: DspexStack, name: FunctionName): Record<string, string> {
  const { names, config, account, region, partition } = stack;
  const { grants } = FUNCTIONS[name];
  const used = QUEUE_NAMES.filter((queue) => grants.includes(`send ${queue}`));
  const url = (queue: string) => `https://sqs.${region}.${stack.urlSuffix}/${account}/${queue}`;
  const machines = grants.includes('call compile') || grants.includes('change machines');
  return {
    ...environmentOf({
      tables: { main: names.mainTable, ephemeral: names.ephemeralTable },
      queues: Object.fromEntries(
        used.map((queue: QueueName) => [
          queue,
          { queue: url(names.queue(queue)), deadLetters: url(names.deadLetters(queue)) },
        ]),
      ),
      bucket: names.bucket(account, region),
      bus: names.bus,
      secretsPrefix: names.secretsPrefix,
      secretsIn: 'ssm',
      ...(config.python && grants.includes('call python')
        ? { pythonFunction: `${names.function('python')}:live` }
        : {}),
    }),
    DSPEX_STAGE: config.stage,
    POWERTOOLS_SERVICE_NAME: `dspex-${name}`,
    POWERTOOLS_METRICS_NAMESPACE: names.metrics,
    POWERTOOLS_LOG_LEVEL: 'INFO',
    ...(stack.emulated ? { POWERTOOLS_TRACE_ENABLED: 'false' } : {}),
    ...(config.pythonLock === undefined || !grants.includes('call python')
      ? {}
      : { DSPEX_PYTHON_PACKAGES: lockKey(config.pythonLock) }),
    ...(config.simulate ? { DSPEX_SIMULATE: 'true' } : {}),
    ...(config.previews ? {} : { DSPEX_PREVIEWS: 'false' }),
    ...(config.defaultModel === undefined ? {} : { DSPEX_DEFAULT_MODEL: config.defaultModel }),
    ...(config.allowHosts.length === 0 ? {} : { DSPEX_ALLOW_HOSTS: config.allowHosts.join(',') }),
    ...(config.allowFunctions.length === 0 || !grants.includes('call tools')
      ? {}
      : { DSPEX_ALLOW_FUNCTIONS: config.allowFunctions.join(',') }),
    ...(machines
      ? {
          DSPEX_COMPILE_FUNCTION: names.function('compile'),
          DSPEX_STEP_FUNCTION: `arn:${partition}:lambda:${region}:${account}:function:${names.function('step')}:live`,
          DSPEX_MACHINE_ROLE: `arn:${partition}:iam::${account}:role/${names.machineRole}`,
          DSPEX_MACHINE_ARNS: `arn:${partition}:states:${region}:${account}:stateMachine:`,
          DSPEX_MACHINE_PREFIX: names.machinePrefix,
        }
      : {}),
  };
}
