import { type AwsAccess, clientOptions } from '#lib/aws/client/options';
import type { LambdaPython } from '#lib/aws/python';
import type { Clock } from '#lib/base/clock';
import type { Python, PythonCall } from '#lib/ports/python';
import type { Secrets } from '#lib/ports/secrets';
import { type Mandate, signed } from './mandate.ts';

export interface PythonParts {
  functionName: string;
  /** The SHA-256 of the lock whose packages it was deployed with. */
  packages?: string | undefined;
  access: AwsAccess;
  secrets: Pick<Secrets, 'get'>;
  clock: Clock;
}

/**
 * Python on its function. With each call goes a signed mandate: for which workspace it may ask the gateway function, and
 * which models.
 */
export function pythonUnderMandate({ functionName, packages, access, secrets, clock }: PythonParts): Python {
  let opened: LambdaPython | null = null;
  const open = async (): Promise<LambdaPython> => {
    const [{ LambdaPython: Port, PYTHON_PATIENCE }, { LambdaClient }] = await Promise.all([
      import('#lib/aws/python'),
      import('@aws-sdk/client-lambda'),
    ]);
    const client = new LambdaClient(clientOptions(access, PYTHON_PATIENCE));
    opened ??= new Port({
      ...{ client, functionName },
      ...(packages === undefined ? {} : { packages }),
      context: (request) => contextOf(request, secrets, clock),
    });
    return opened;
  };
  return {
    call: async (request) => (opened ?? (await open())).call(request),
    status: () => opened?.status() ?? COLD,
  };
}

async function contextOf({ mandate }: PythonCall, secrets: Pick<Secrets, 'get'>, clock: Clock) {
  if (mandate === undefined) return {};
  const models = mandate.models() as unknown as Mandate['models'];
  return signed(secrets, { workspaceId: mandate.workspaceId, models }, clock.now());
}

const COLD: ReturnType<Python['status']> = {
  state: 'cold',
  workers: { starting: 0, idle: 0, busy: 0 },
  queued: 0,
  counts: { calls: 0, started: 0, ended: {} },
};
