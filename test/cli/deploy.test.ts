import { describe, expect, it } from 'vitest';
import type { Cloud } from '#lib/cli/cloud';
import { runCommandLine } from '#lib/cli/main';

/** An account as `Cloud` shows it, that writes down what was asked of it. */
function account(more: Partial<Cloud> = {}): { cloud: Cloud; asked: string[] } {
  const asked: string[] = [];
  const cloud: Cloud = {
    bootstrapVersion: async () => 21,
    cdk: async (stage, args) => {
      asked.push(`${stage}: ${args.join(' ')}`);
      return true;
    },
    buildLayer: async () => void asked.push('layer'),
    addressOf: async () => 'https://house.example/',
    setUp: async () => ({ workspaceId: 'wsp_1', key: 'dsk_first' }),
    smoke: async (address, key) => void asked.push(`smoke ${address} ${key}`),
    retainsData: async () => true,
    deleteMachines: async () => ['dspex-prod-prg_1'],
    deleteData: async (stage) => {
      asked.push(`data of ${stage}`);
      return { objects: 1, keys: 2 };
    },
    inspect: async () => [],
    ...more,
  };
  return { cloud, asked };
}

async function dspex(cloud: Cloud | undefined, args: string[], typed = '') {
  const [out, error]: string[][] = [[], []];
  const refuse = () => Promise.reject(new Error('not asked for'));
  const tools = {
    ...{
      version: '0',
      environment: {},
      stdin: (async function* () {
        yield Buffer.from(typed);
      })(),
      connect: refuse,
      serve: refuse,
    },
    ...(cloud === undefined ? {} : { cloud: async () => cloud }),
  };
  const write = (to: string[] | undefined) => ({ write: (text: string) => to?.push(text) });
  const code = await runCommandLine(args, tools, { stdout: write(out), stderr: write(error) } as never);
  return { code, out: out?.join('') ?? '', error: error?.join('') ?? '' };
}

describe('dspex deploy', () => {
  it('builds, shows what will change, deploys, sets up, tries it, and shows address and first key', async () => {
    const { cloud, asked } = account();
    const { code, out } = await dspex(cloud, ['deploy', '--stage', 'prod']);
    expect(asked).toEqual([
      'layer',
      'prod: diff --all',
      'prod: deploy --all --require-approval never',
      'smoke https://house.example/ dsk_first',
    ]);
    expect(out).toContain('https://house.example/');
    expect(out).toContain('shown this once: dsk_first');
    expect(code).toBe(0);
  });

  it('does nothing to an account that is not prepared, unless it is told to prepare it', async () => {
    const { cloud, asked } = account({ bootstrapVersion: async () => null });
    const refused = await dspex(cloud, ['deploy', '--stage', 'prod']);
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('--bootstrap') });
    expect(asked).toEqual([]);
    expect((await dspex(cloud, ['deploy', '--stage', 'prod', '--bootstrap'])).code).toBe(0);
    expect(asked.slice(0, 3)).toEqual(['layer', 'prod: bootstrap', 'prod: diff --all']);
  });

  it('a deployment that fails ends there, and a house set up before shows no key', async () => {
    const broken = account();
    const failing = { ...broken.cloud, cdk: async (_: string, [verb]: readonly string[]) => verb !== 'deploy' };
    expect((await dspex(failing, ['deploy', '--stage', 'prod'])).code).toBe(1);
    expect(broken.asked.some((one) => one.startsWith('smoke'))).toBe(false);
    const again = account({ setUp: async () => ({ workspaceId: 'wsp_1', key: null }) });
    expect((await dspex(again.cloud, ['deploy', '--stage', 'prod', '--no-diff'])).out).toContain('was shown then');
    expect(again.asked).not.toContain('prod: diff --all');
  });

  it('says what is missing: a stage, a clone', async () => {
    expect(await dspex(account().cloud, ['deploy'])).toMatchObject({ code: 2 });
    expect(await dspex(undefined, ['deploy', '--stage', 'prod'])).toMatchObject({
      code: 2,
      error: expect.stringContaining('clone'),
    });
  });
});

describe('dspex destroy', () => {
  it('asks for the name of the stage, and does nothing without it', async () => {
    const { cloud, asked } = account();
    for (const typed of ['', 'yes\n', 'prod2\n'])
      expect((await dspex(cloud, ['destroy', '--stage', 'prod'], typed)).code).toBe(1);
    expect(asked).toEqual([]);
  });

  it('takes away all stacks but the data, then the machines made at run time', async () => {
    const { cloud, asked } = account();
    const { code, out } = await dspex(cloud, ['destroy', '--stage', 'prod'], 'prod\n');
    expect(code).toBe(0);
    expect(asked).toEqual(['prod: destroy Dspex/observability Dspex/edge Dspex/api Dspex/engine --force']);
    expect(out).toContain('1 state machines');
    expect(out).toContain('still there');
  });

  it('of a stage that keeps nothing, the data, too, and says so before', async () => {
    const { cloud, asked } = account({ retainsData: async () => false });
    const { error } = await dspex(cloud, ['destroy', '--stage', 'trial'], 'trial\n');
    expect(error).toContain('AND ALL ITS DATA');
    expect(asked).toEqual([
      'trial: destroy Dspex/observability Dspex/edge Dspex/api Dspex/engine --force',
      'data of trial',
      'trial: destroy Dspex/data --force',
    ]);
  });
});
