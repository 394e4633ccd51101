import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dspex, newFolder } from './dspex.ts';

test('the demo does the whole main job in an empty folder, says when it is simulated, and writes its report', async () => {
  const folder = await newFolder();
  const report = join(folder, 'demo.json');
  const demo = await dspex(['demo', '--simulate', '--budget', '60', '--data-dir', folder, '--json', report]);
  expect(demo.error).toBe('');
  expect(demo.code).toBe(0);
  expect(demo.out).toContain('[simulated]');
  expect(demo.out).toMatch(/baseline +\d/);
  const written = JSON.parse(await readFile(report, 'utf8'));
  expect(written).toMatchObject({
    lm: { provider: 'scripted', simulated: true },
    dataset: {
      name: 'support-triage',
      examples: expect.any(Number),
      train: expect.any(Number),
      validation: expect.any(Number),
      test: expect.any(Number),
    },
    baseline: { score: expect.any(Number), n: expect.any(Number), ci: [expect.any(Number), expect.any(Number)] },
    optimized: {
      score: expect.any(Number),
      n: expect.any(Number),
      ci: [expect.any(Number), expect.any(Number)],
      variables: { temperature: expect.any(Number) },
    },
    promotedVersion: 2,
    execution: {
      id: expect.stringMatching(/^exe_/),
      status: 'completed',
      steps: 3,
      usage: { calls: 3 },
      costNanoUsd: 0,
    },
    seconds: expect.any(Number),
  });

  const logs = await dspex(['logs', written.execution.id, '--data-dir', folder, '--json']);
  expect(JSON.parse(logs.out)).toMatchObject({
    id: written.execution.id,
    simulated: true,
    steps: [{ nodeId: 'classify' }, { nodeId: 'prioritize' }, { nodeId: 'draft' }],
  });
  const exported = await dspex(['export', 'support-triage', '--data-dir', folder]);
  expect(exported.out).toContain('name: support-triage');
  const rolledBack = await dspex(['rollback', 'support-triage', '--data-dir', folder]);
  expect(rolledBack.code).toBe(2);
  expect(rolledBack.error).toContain('has no earlier version');
});

test('a paid model is not called before a quote and --yes', async () => {
  const { code, error, out } = await dspex(['demo', '--model', 'openai/gpt-4o-mini', '--data-dir', await newFolder()]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toMatch(/would call openai\/gpt-4o-mini.*--yes/);
});
