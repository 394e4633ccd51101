import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { accountFindings, identity } from '#lib/aws/deployment/account';
import { finding } from '#lib/aws/deployment/finding';
import { BOOTSTRAP, type CloudCheck } from '#lib/cli/cloud';
import { LAYER, type Settings } from './stage-settings.ts';

/** What fits into Lambda's 250 MB with the function's own code (`cdk/layer/build.ts` measures it, too). */
const LAYER_MB = 240;

/**
 * What a deployment of a stage needs: first what this clone has, then the account, as far as there are credentials. The
 * SDK's own variables decide which account and endpoint are asked.
 */
export async function inspection(
  settings: () => Promise<Settings>,
  environment: NodeJS.ProcessEnv,
): Promise<CloudCheck[]> {
  let stage: Settings;
  try {
    stage = await settings();
  } catch (error) {
    return [{ what: 'settings of the stage', state: 'failed', found: (error as Error).message }];
  }
  const { config, workers } = stage;
  const local: CloudCheck[] = [
    { what: 'settings of the stage', state: 'ok', found: `of ${config.stage}, checked` },
    version('aws-cdk', "the CDK's command line"),
    version('aws-cdk-lib', "the CDK's library"),
    ...(config.python ? [layer()] : []),
  ];
  const access = config.region === undefined ? {} : { region: config.region };
  const who = await finding('credentials', async () => {
    const { account, arn, region } = await identity(access);
    if (config.account !== undefined && config.account !== account)
      return { state: 'failed', found: `they are of account ${account}, the stage is in ${config.account}` };
    return { state: 'ok', found: `${arn} in ${region}${emulated(environment)}` };
  });
  if (who.state === 'unknown')
    return [
      ...local,
      { ...who, state: 'failed' },
      {
        what: 'the account',
        state: 'unknown',
        found: 'quotas, access to models and the bootstrap were not looked at: that needs credentials',
      },
    ];
  if (who.state === 'failed') return [...local, who];
  const wants = { bootstrap: BOOTSTRAP, workers, models: config.bedrockModels };
  return [...local, who, ...(await accountFindings(access, wants))];
}

function emulated({ AWS_ENDPOINT_URL }: NodeJS.ProcessEnv): string {
  return AWS_ENDPOINT_URL === undefined ? '' : `, at ${AWS_ENDPOINT_URL}, which is not AWS`;
}

/** The package as it is installed against the version this clone pins. */
function version(name: string, what: string): CloudCheck {
  try {
    const { devDependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      devDependencies?: Record<string, string>;
    };
    const installed = createRequire(join(process.cwd(), 'package.json')).resolve(`${name}/package.json`);
    const found = (JSON.parse(readFileSync(installed, 'utf8')) as { version: string }).version;
    const wanted = devDependencies[name];
    return found === wanted
      ? { what, state: 'ok', found }
      : { what, state: 'failed', found: `${found}, wanted ${wanted}: \`npm ci\`` };
  } catch (error) {
    return { what, state: 'failed', found: `not installed: \`npm ci\` (${(error as Error).message.split('\n')[0]})` };
  }
}

function layer(): CloudCheck {
  const what = 'the Python layer';
  if (!existsSync(`${LAYER}/python/dspy`))
    return { what, state: 'warning', found: 'not built yet: `npm run layer`; `dspex deploy` does it, too' };
  const folder = join(LAYER, 'python');
  const bytes = globSync('**/*', { cwd: folder }).reduce((sum, file) => {
    const stats = statSync(join(folder, file));
    return sum + (stats.isFile() ? stats.size : 0);
  }, 0);
  const megabytes = bytes / 1024 / 1024;
  const found = `${megabytes.toFixed(0)} MB of the ${LAYER_MB} that fit`;
  if (megabytes <= LAYER_MB) return { what, state: 'ok', found };
  return { what, state: 'warning', found: `${found}: it becomes a container image, which takes Docker` };
}
