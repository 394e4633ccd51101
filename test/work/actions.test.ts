import { describe, expect, it } from 'vitest';
import { commitActions } from '#lib/work/actions';
import { driveExecution } from '#lib/work/execution';
import { actingFor } from '#lib/work/home';
import { createProgram, held, openWorld, type World } from './world.ts';

const making = {
  input: { name: 'str' },
  output: { id: 'nodes.make.id' },
  nodes: [
    {
      id: 'make',
      kind: 'action',
      resource: 'Dataset',
      action: 'create',
      inputs: { name: 'input.name', description: "''" },
    },
  ],
};

async function worldWith(
  role: string,
): Promise<{ world: World; keyId: string; start: (name: string) => Promise<string> }> {
  const world = await openWorld(() => '');
  await createProgram(world, 'making', making, {});
  const { body } = await world.client.call<{ id: string; token: string }>('api-keys', 'create', {
    input: { name: `a-${role}`, roles: [role] },
  });
  const client = world.clientFor(body.token);
  const start = async (name: string) => {
    const run = await client.call<{ id: string }>('programs', 'run', { id: 'making', input: { input: { name } } });
    return run.body.id;
  };
  return { world, keyId: body.id, start };
}

const end = async (world: World, keyId: string, executionId: string) => {
  await driveExecution(world.home, { ...world.origin, principal: keyId, executionId }, held());
  return (await world.client.get('executions', executionId)).body;
};

describe('an action node acts with the rights of the key that started the run', () => {
  it('which may do it: done in that key’s name', async () => {
    const { world, keyId, start } = await worldWith('engineer');
    expect(await end(world, keyId, await start('made'))).toMatchObject({ state: 'completed' });
    const { body } = await world.client.get('datasets', 'made');
    expect(body).toMatchObject({ name: 'made', createdBy: keyId });
  });

  it('which may run programs and not do this: the run fails and says so', async () => {
    const { world, keyId, start } = await worldWith('operator');
    const body = await end(world, keyId, await start('made'));
    expect(body).toMatchObject({ state: 'failed', failure: { name: 'Effect.Failed' } });
    expect(JSON.stringify(body.failure)).toContain('may not Dataset.create');
    await expect(world.client.get('datasets', 'made')).rejects.toMatchObject({ status: 404 });
  });

  it('which was revoked since: the run fails and says so', async () => {
    const { world, keyId, start } = await worldWith('engineer');
    const executionId = await start('made');
    await world.client.call('api-keys', 'revoke', { id: keyId });
    const body = await end(world, keyId, executionId);
    expect(JSON.stringify(body.failure)).toContain('revoked');
    await expect(world.client.get('datasets', 'made')).rejects.toMatchObject({ status: 404 });
  });

  it('once for each step, also when a worker died before it could journal it', async () => {
    const { world, keyId } = await worldWith('engineer');
    const acting = actingFor(world.home, { ...world.origin, principal: keyId });
    const calls = [
      { nodeId: 'make', resource: 'Dataset', action: 'create', inputs: { name: 'made', description: '' } },
    ];
    const context = { idempotencyKey: 'exe_1/make', signal: undefined };
    const first = await commitActions(world.home, acting, calls, context);
    expect(await commitActions(world.home, acting, calls, context)).toEqual(first);
    await expect(
      commitActions(world.home, acting, calls, { ...context, idempotencyKey: 'exe_2/make' }),
    ).rejects.toMatchObject({ failure: { name: 'Effect.Failed' } });
  });
});
