import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { InvalidInput } from '#lib/base/errors';

/** Where the CDK app reads stages, and where `npm run layer` puts what it builds, seen from a clone. */
const STAGES = 'cdk/stages.ts';
export const LAYER = '.dspex/build/layer-arm64';

/** A stage's settings as the CDK app has checked them, as far as they are used here. */
export interface Settings {
  config: {
    stage: string;
    python: boolean;
    /** A file of hashed packages that adopted programs want. */
    pythonLock?: string;
    retainData: boolean;
    region?: string;
    account?: string;
    bedrockModels: string[];
  };
  /** Functions that work at the same time when every queue is busy. */
  workers: number;
}

/** Asks the CDK app, which alone knows what a stage is. Throws InvalidInput `stage_wrong` with every mistake. */
export async function settingsOf(stage: string, environment: NodeJS.ProcessEnv): Promise<Settings> {
  const child = spawn(process.execPath, [STAGES, stage], { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  const said = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.error += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new InvalidInput('stage_wrong', said.error.trim());
  return JSON.parse(said.out) as Settings;
}
