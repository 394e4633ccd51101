import { Internal } from '#lib/base/errors';
import { QUEUE_NAMES, type QueueName } from '#lib/ports/queue';
import type { TableNames } from './dynamo/schema.ts';
import type { Scheme } from './secrets/secrets.ts';
import type { QueueUrls } from './sqs/queue.ts';

/** What a deployed function is told about its house: names, never values. The stack sets exactly these. */
export interface AwsSettings {
  tables: TableNames;
  /** Those this function may use. */
  queues: Partial<Record<QueueName, QueueUrls>>;
  bucket: string;
  bus: string;
  /** Below which parameters and secrets lie: `dspex/prod`. */
  secretsPrefix: string;
  secretsIn: Scheme;
  /** The function that runs Python; absent where there is none. */
  pythonFunction?: string;
}

/** The names of the environment variables; `queue` and `deadLetters` are those of one queue. */
export const VARIABLES = {
  main: 'DSPEX_MAIN_TABLE',
  ephemeral: 'DSPEX_EPHEMERAL_TABLE',
  bucket: 'DSPEX_BUCKET',
  bus: 'DSPEX_EVENT_BUS',
  secretsPrefix: 'DSPEX_SECRETS_PREFIX',
  secretsIn: 'DSPEX_SECRETS_IN',
  pythonFunction: 'DSPEX_PYTHON_FUNCTION',
  queue: (name: QueueName) => `DSPEX_QUEUE_${name.toUpperCase()}`,
  deadLetters: (name: QueueName) => `DSPEX_DEAD_LETTERS_${name.toUpperCase()}`,
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings as environment variables, for the stack; `settingsFrom` reads them back. */
export function environmentOf(settings: AwsSettings): Record<string, string> {
  const { tables, queues, pythonFunction } = settings;
  const urls = Object.entries(queues).flatMap(([name, { queue, deadLetters }]) => [
    [VARIABLES.queue(name as QueueName), queue],
    [VARIABLES.deadLetters(name as QueueName), deadLetters],
  ]);
  return {
    [VARIABLES.main]: tables.main,
    [VARIABLES.ephemeral]: tables.ephemeral,
    [VARIABLES.bucket]: settings.bucket,
    [VARIABLES.bus]: settings.bus,
    [VARIABLES.secretsPrefix]: settings.secretsPrefix,
    [VARIABLES.secretsIn]: settings.secretsIn,
    ...(pythonFunction === undefined ? {} : { [VARIABLES.pythonFunction]: pythonFunction }),
    ...Object.fromEntries(urls),
  };
}

/** Throws Internal naming every variable that is missing. */
export function settingsFrom(environment: Environment): AwsSettings {
  const missing: string[] = [];
  const wanted = (name: string): string => {
    const value = environment[name] ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const tables = { main: wanted(VARIABLES.main), ephemeral: wanted(VARIABLES.ephemeral) };
  const [bucket, bus, secretsPrefix] = [VARIABLES.bucket, VARIABLES.bus, VARIABLES.secretsPrefix].map(wanted);
  const queues = Object.fromEntries(
    QUEUE_NAMES.flatMap((name) => {
      const queue = environment[VARIABLES.queue(name)];
      return queue === undefined ? [] : [[name, { queue, deadLetters: wanted(VARIABLES.deadLetters(name)) }]];
    }),
  );
  if (missing.length > 0)
    throw new Internal('settings_missing', `the function's environment lacks ${missing.join(', ')}`);
  const pythonFunction = environment[VARIABLES.pythonFunction];
  return {
    tables,
    queues,
    bucket: bucket ?? '',
    bus: bus ?? '',
    secretsPrefix: secretsPrefix ?? '',
    secretsIn: environment[VARIABLES.secretsIn] === 'secret' ? 'secret' : 'ssm',
    ...(pythonFunction === undefined ? {} : { pythonFunction }),
  };
}
