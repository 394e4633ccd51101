import { describe, expect, it } from 'vitest';
import { chatAdapter } from '#lib/adapter/chat';
import { importWithSidecar, versionOf } from '#lib/interop/incoming/import-sidecar';
import { isSidecar } from '#lib/interop/incoming/mapping';
import { exportDspy } from '#lib/interop/outgoing/export-dspy';
import { exportedModules } from '#lib/interop/outgoing/exported-modules';
import { predictorsOf } from '#lib/interop/outgoing/predictors';
import { readState } from '#lib/interop/state/read-state';
import { validateProgram } from '#lib/program/validate';
import type { Values } from '#lib/signature/signature';
import { cases, golden, versionFrom } from './golden-states.ts';

describe.each(cases)('the DSPy program "$name", imported', ({ state, mapping, inputs, messages }) => {
  it('is a program that can be published', () => {
    expect(validateProgram(versionFrom(state, mapping))).toEqual([]);
  });

  it('sends the messages the DSPy program sends, predictor by predictor', async () => {
    const predictors = (await exportedModules(versionFrom(state, mapping))).flatMap(predictorsOf);
    expect(predictors.map(({ path }) => path).toSorted()).toEqual(Object.keys(messages).toSorted());
    for (const { path, asked, demos } of predictors)
      expect(chatAdapter.format(asked, demos, inputs[path] as Values)).toEqual(messages[path]);
  });

  it('and exported with the old state as its base, is the file DSPy wrote, byte for byte', async () => {
    const { files } = await exportDspy(versionFrom(state, mapping), state);
    expect(files['program.json']).toBe(state);
  });

  it('and read back with its sidecar, is the very same version', async () => {
    const version = versionFrom(state, mapping);
    const { files } = await exportDspy(version);
    const sidecar: unknown = JSON.parse(files['program.dspex.json'] ?? '');
    if (!isSidecar(sidecar)) throw new Error('the export wrote no sidecar');
    const { source } = await importWithSidecar(readState(files['program.json'] ?? ''), sidecar);
    expect(versionOf(source as never).checksum).toBe(version.checksum);
  });
});

describe('what DSPy changed in an exported program', () => {
  const changed = async (change: (state: Record<string, never>) => void) => {
    const version = versionFrom(golden('rag').state, golden('rag').mapping);
    const { files } = await exportDspy(version);
    const state = JSON.parse(files['program.json'] ?? '');
    change(state);
    const sidecar = JSON.parse(files['program.dspex.json'] ?? '');
    return importWithSidecar(readState(JSON.stringify(state)), sidecar);
  };

  it('comes back: instructions, descriptions, demos, models', async () => {
    const { source } = await changed((state) => {
      const { signature } = state['query.predict'] as unknown as { signature: { fields: { description: string }[] } };
      Object.assign(signature, { instructions: 'Better.\n' });
      Object.assign(signature.fields[0] ?? {}, { description: 'asked' });
      Object.assign(state['checks[0]'] ?? {}, { demos: [{ answer: 'x', harmful: true }], lm: null });
      Object.assign(state["style['formal tone']"] ?? {}, { lm: { model: 'openai/gpt-4.1', temperature: 1.0 } });
    });
    const version = versionOf(source as never);
    expect(version.modules.query?.signature.instructions).toBe('Better.\n');
    expect(version.modules.query?.signature.inputs[0]?.description).toBe('asked');
    expect(version.modules.checks_0).toMatchObject({ demos: [{ answer: 'x', harmful: true }] });
    expect(version.modules.checks_0?.lm).toBeUndefined();
    expect(version.lms[version.modules.style_formal_tone?.lm ?? '']).toEqual({
      provider: 'openai',
      model: 'gpt-4.1',
      defaults: { temperature: 1 },
    });
  });

  it('is refused when predictors are missing or unknown, each by its name', async () => {
    await expect(
      changed((state: Record<string, unknown>) => {
        state.other = state['query.predict'];
        delete state['query.predict'];
      }),
    ).rejects.toThrow(/the state lacks predictor "query.predict".*\(and 1 more\)/);
  });
});
