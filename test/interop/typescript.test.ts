import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { programModule } from '#lib/interop/typescript/program-module';
import { freeze } from '#lib/program/freeze';
import type { Program, ProgramVersionBody } from '#lib/program/program';
import type { Assignment } from '#lib/variable/variable';
import { cases, versionFrom } from './golden-states.ts';
import { flow } from './programs.ts';

// Inside the repository, so that the builder is found under its inner name.
const folder = mkdtempSync(join(import.meta.dirname, '.exported-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const versions: [string, ProgramVersionBody][] = [
  ...cases.map(({ name, state, mapping }): [string, ProgramVersionBody] => [name, versionFrom(state, mapping)]),
  ['a graph with everything', flow],
  [
    'hostile texts',
    freeze({
      ...flow,
      graph: { ...flow.graph, name: `\`$${'{x}'}\` */ \n\u2028 class`, description: `$${'{process.exit()}'}` },
    }),
  ],
];
const files = versions.map(([, version], index) => {
  const file = join(folder, `program-${index}.ts`);
  writeFileSync(file, programModule(version, '#lib/program/author'));
  return file;
});

describe('a version exported as a TypeScript module', () => {
  it.each(versions.map(([name, version], index) => [name, version, files[index] as string] as const))(
    'is the same version when it is imported and frozen: %s',
    async (_, version, file) => {
      const made = (await import(file)) as { default: Program; assignment: Assignment };
      expect(freeze(made.default, made.assignment).checksum).toBe(version.checksum);
    },
  );

  it('compiles under the strictest settings', async () => {
    const config = join(folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ extends: '../../../tsconfig.json', include: ['*.ts'] }));
    const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
    const ended = await promisify(execFile)(process.execPath, [tsc, '--noEmit', '-p', config]).catch(
      (error: { stdout: string }) => error,
    );
    expect(ended.stdout).toBe('');
  }, 240_000);
});
