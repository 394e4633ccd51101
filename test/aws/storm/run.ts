import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { startEmulators } from '../emulators/emulators.ts';
import { storm } from './storm.ts';
import { GALE, STORM } from './weather.ts';

/**
 * `node test/aws/storm/run.ts [--trials 100] [--examples 250] [--gale] [--seed text] [--naive] [--write FILE]`: a search of
 * trials x examples / 25 slices in a storm, on emulators of its own, or those of DSPEX_TEST_MINISTACK and
 * DSPEX_TEST_DYNAMODB. Prints what was found as JSON; exits with 1 when anything was lost, counted twice or unpaid.
 * `--naive` is the control, and must exit with 1.
 */
const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    examples: { type: 'string', default: '250' },
    seed: { type: 'string', default: 'storm' },
    naive: { type: 'boolean', default: false },
    gale: { type: 'boolean', default: false },
    write: { type: 'string' },
    limit: { type: 'string', default: '3600' },
  },
});
const [trials, examples, limitSeconds] = [values.trials, values.examples, values.limit].map(Number) as [
  number,
  number,
  number,
];
// The emulators end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const { DSPEX_TEST_MINISTACK, DSPEX_TEST_DYNAMODB } = process.env;
const emulators =
  DSPEX_TEST_MINISTACK === undefined || DSPEX_TEST_DYNAMODB === undefined
    ? await startEmulators()
    : { ministack: DSPEX_TEST_MINISTACK, dynamodb: DSPEX_TEST_DYNAMODB, stop: async () => undefined };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const access = (endpoint: string) => ({ endpoint, region: 'us-east-1', credentials });
const weather = values.gale ? GALE : STORM;
let said = 0;
const stormed = await storm({
  ...{ trials, examples, naive: values.naive, limitSeconds },
  emulated: { ministack: access(emulators.ministack), dynamodb: access(emulators.dynamodb) },
  weather: { seed: values.seed, ...weather },
  progress: (line) => {
    if (Date.now() - said < 5000) return;
    said = Date.now();
    process.stderr.write(`${line}\n`);
  },
}).finally(() => emulators.stop());
const { verdict, naive, ...rest } = stormed;
const { counted, ...findings } = verdict;
const result = {
  ...{ seed: values.seed, counting: values.naive ? 'naive' : 'one transaction', trials, examples },
  ...{ node: process.version, cpus: cpus().length, loadAverage: loadavg(), weather },
  ...rest,
  ...{ counted, findings, ...(naive === null ? {} : { naive }) },
};
const text = `${JSON.stringify(result, null, 2)}\n`;
process.stdout.write(text);
if (values.write !== undefined) writeFileSync(values.write, text);
const sound = Object.values(findings).every((found) => found.length === 0);
const counts = naive === null || (naive.miscountedSlices === 0 && naive.miscountedCalls === 0);
process.exitCode = sound && counts ? 0 : 1;
