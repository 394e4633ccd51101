import type { QueueName } from '#lib/ports/queue';

/** The functions that answer requests; the others work. */
const API_FUNCTIONS = ['api', 'api-stream'] as const;
export const ENGINE_FUNCTIONS = [
  'step',
  'lm',
  'slice',
  'job',
  'start',
  'compile',
  'events',
  'trigger',
  'reconcile',
  'setup',
] as const;
/** Every Lambda function of the house in TypeScript; each is a folder of `functions/` with one `handler`. */
export const FUNCTION_NAMES = [...API_FUNCTIONS, ...ENGINE_FUNCTIONS] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/**
 * Names of everything in a stage. Stacks know each other's parts by name, never by export: an export cannot be changed as
 * long as another stack uses it.
 */
export function namesOf(stage: string) {
  const prefix = `dspex-${stage}`;
  return {
    prefix,
    mainTable: `${prefix}-main`,
    ephemeralTable: `${prefix}-ephemeral`,
    bus: prefix,
    bucket: (account: string, region: string) => `${prefix}-blobs-${account}-${region}`,
    queue: (queue: QueueName) => `${prefix}-${queue}`,
    deadLetters: (queue: QueueName | 'events' | 'bus') => `${prefix}-${queue}-dead`,
    function: (name: FunctionName | 'python') => `${prefix}-${name}`,
    logs: (name: string) => `/aws/lambda/${prefix}-${name}`,
    /** Of machines that are made while the house runs. */
    machinePrefix: `${prefix}-`,
    machineRole: `${prefix}-machine`,
    secretsPrefix: prefix.replace('-', '/'),
    /** What stacks tell each other that no name says. */
    parameter: (what: string) => `/dspex-deployment/${stage}/${what}`,
    metrics: 'Dspex',
  };
}
export type Names = ReturnType<typeof namesOf>;
