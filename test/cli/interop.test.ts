import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { golden } from '../interop/golden-states.ts';
import { dspex, newFolder } from './dspex.ts';

describe('a DSPy state on the command line', () => {
  let folder: string;
  const run = (...args: string[]) =>
    dspex([...args, '--json'], { environment: { DSPEX_DATA_DIR: join(folder, 'data'), DSPEX_MODEL: 'scripted/echo' } });

  beforeAll(async () => {
    folder = await newFolder();
    await mkdir(join(folder, 'in'));
    const { state, mapping } = golden('rag');
    await writeFile(join(folder, 'in/rag.json'), state);
    await writeFile(join(folder, 'in/signatures.json'), JSON.stringify(mapping));
    await writeFile(join(folder, 'in/ticket.json'), golden('alone').state);
  });

  test('becomes a program, and leaves as the file DSPy wrote, with the Python that loads it', async () => {
    const state = join(folder, 'in/rag.json');
    const imported = await run('import', state, '--signatures', join(folder, 'in/signatures.json'));
    expect(imported).toMatchObject({ code: 0 });
    expect(JSON.parse(imported.out)).toMatchObject({ name: 'rag', version: 1 });
    const out = join(folder, 'out');
    const exported = await run('export', 'rag', '--to', 'dspy', '--base', state, '--out', out);
    expect(exported.code).toBe(0);
    expect((await readdir(out)).toSorted()).toEqual(['program.dspex.json', 'program.json', 'program.py']);
    expect(await readFile(join(out, 'program.json'), 'utf8')).toBe(await readFile(state, 'utf8'));
    const again = await run(
      'import',
      join(out, 'program.json'),
      '--signatures',
      join(out, 'program.dspex.json'),
      '--name',
      'rag',
    );
    expect(JSON.parse(again.out)).toMatchObject({ name: 'rag', version: 2 });
    const diff = await run(
      'export',
      'rag',
      '--version',
      '2',
      '--to',
      'messages',
      '--input',
      '{"question":"q","context":[],"year":3}',
    );
    expect(JSON.parse(JSON.parse(diff.out).files['messages.json']).calls.length).toBeGreaterThan(0);
  }, 240_000);

  test('without signatures, with a wrong one, or as a pickle, is refused with what to do', async () => {
    const ticket = join(folder, 'in/ticket.json');
    const without = await run('import', ticket);
    expect(without).toMatchObject({ code: 2, error: expect.stringContaining('--signatures is missing') });
    const wrong = await run('import', ticket, '--signatures', 'ticket, more -> queue');
    expect(wrong.code).not.toBe(0);
    expect(wrong.error).toContain(
      'predictor "self": the signature has 3 fields (ticket, more, queue), the state has 2',
    );
    await writeFile(join(folder, 'in/program.pkl'), Buffer.from([0x80, 5, 0x95]));
    const pickle = await run('import', join(folder, 'in/program.pkl'));
    expect(pickle.code).not.toBe(0);
    expect(pickle.error).toContain('reading one runs whatever code is in it');
  }, 240_000);
});
