import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { identity } from '#lib/aws/deployment/account';
import { RECORD, recordRun, runsOnAws, saidOf } from './account-record.ts';

/**
 * `npm run test:account -- --stage NAME --yes`: the drive of test/aws/deploy.test.ts against the AWS account of the SDK's
 * credentials, in a stage of its own that is deployed, driven and destroyed. Exits with 2 when it may not begin, and says
 * why; else as the tests did, and writes down that it ran.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const USAGE = 'usage: npm run test:account -- --stage NAME --yes [--bootstrap] [--keep]';

function refuse(why: string): never {
  console.error(`${why}\n${saidOf(runsOnAws(join(root, RECORD)))} (${RECORD})\n${USAGE}`);
  process.exit(2);
}

const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    yes: { type: 'boolean', default: process.env.DSPEX_ACCOUNT_YES === 'true' },
    bootstrap: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const stage = values.stage ?? process.env.DSPEX_ACCOUNT_STAGE;
if (stage === undefined) refuse('which stage? --stage NAME, or DSPEX_ACCOUNT_STAGE: one that is not there yet');
if (process.env.AWS_ENDPOINT_URL !== undefined)
  refuse(`AWS_ENDPOINT_URL is ${process.env.AWS_ENDPOINT_URL}: that is not AWS; npm run test:aws is for emulators`);
const who = await identity({}).catch((error: Error) => refuse(error.message));
if (!values.yes)
  refuse(
    `This deploys the house "${stage}" into account ${who.account} in ${who.region}, drives it, and destroys it with its data.\n` +
      'It costs money: less than $0.10 at list prices when it goes well; what is left behind when it is cut off, by docs/deploy.md.\n' +
      'Say --yes, or DSPEX_ACCOUNT_YES=true, to go on.',
  );
if (await isThere(stage)) refuse(`a house "${stage}" is there already; this makes and destroys one of its own`);

async function isThere(name: string): Promise<boolean> {
  const client = new SSMClient({});
  try {
    await client.send(new GetParameterCommand({ Name: `/dspex-deployment/${name}/stream-arn` }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'ParameterNotFound') return false;
    throw error;
  } finally {
    client.destroy();
  }
}

const report = join(mkdtempSync(join(tmpdir(), 'dspex-account-')), 'report.json');
const began = Date.now();
const vitest = spawn(
  process.execPath,
  [
    ...['node_modules/vitest/vitest.mjs', 'run', 'test/aws/account.test.ts'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      DSPEX_TEST_ACCOUNT: stage,
      DSPEX_TEST_REGION: who.region,
      ...(values.bootstrap ? { DSPEX_TEST_BOOTSTRAP: 'true' } : {}),
      ...(values.keep ? { DSPEX_TEST_KEEP: 'true' } : {}),
    },
  },
);
const [code] = (await once(vitest, 'exit')) as [number | null];
const { numPassedTests = 0, numFailedTests = 0 } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
recordRun(
  {
    ...{ date: new Date().toISOString(), region: who.region, seconds: Math.round((Date.now() - began) / 1000) },
    ...{ passed: numPassedTests, failed: numFailedTests + (code === 0 || numFailedTests > 0 ? 0 : 1) },
    commit: spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout.trim(),
  },
  join(root, RECORD),
);
console.log(`${saidOf(runsOnAws(join(root, RECORD)))}: written to ${RECORD}, to be committed`);
process.exitCode = code ?? 1;
