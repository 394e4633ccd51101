import { beforeAll, describe, expect, it } from 'vitest';
import { chatAdapter } from '#lib/adapter/chat';
import type { JsonObject } from '#lib/base/json';
import { type Exported, exportDspy } from '#lib/interop/outgoing/export-dspy';
import { predictorsOf } from '#lib/module/asked';
import type { ModuleSpec } from '#lib/module/spec';
import type { ProgramVersionBody } from '#lib/program/program';
import type { Signature } from '#lib/signature/signature';
import { cases, versionFrom } from './golden-states.ts';
import { flow } from './programs.ts';
import { hasDspy, type Report, runExported } from './real-dspy.ts';

const TOOLS = 'def search(query, k=3):\n    return [query] * k\n';

describe.skipIf(!hasDspy)('an exported program, run by the real DSPy', () => {
  const versions: ProgramVersionBody[] = [...cases.map(({ state, mapping }) => versionFrom(state, mapping)), flow];
  const exported: Exported[] = [];
  let reports: Report[] = [];

  beforeAll(async () => {
    for (const version of versions) exported.push(await exportDspy(version));
    const runs = [
      {
        input: { question: 'Why?', items: ['a', 'b'], hard: true },
        answers: [
          { passages: '["one"]' },
          { passages: '["two", "three"]' },
          { word: 'A' },
          { word: 'B' },
          { reasoning: 'r', answer: 'because' },
          { tone: 'dry' },
        ],
      },
    ];
    reports = runExported(
      exported.map(({ files }, index) => ({
        files: { ...files, 'tools.py': TOOLS },
        ...(index === cases.length ? { runs } : {}),
      })),
    );
  }, 240_000);

  it.each([...cases.map(({ name }, index) => [name, index] as const), ['a graph', cases.length] as const])(
    'is loaded and saved again without a difference: %s',
    (_, index) => {
      const report = reports[index] as Report;
      expect(report.error).toBeUndefined();
      const [saved, ours] = [report.saved, exported[index]?.files['program.json'] ?? ''].map((text) => {
        const { metadata: _metadata, ...state } = JSON.parse(text) as JsonObject;
        return state;
      });
      expect(saved).toEqual(ours);
    },
  );

  it('has the predictors at the paths they were imported from', () => {
    const rag = reports[cases.findIndex(({ name }) => name === 'rag')] as Report;
    expect(rag.paths).toEqual([
      'query.predict',
      'answer.predict',
      'checks[0]',
      'checks[1].predict',
      "style['formal tone']",
    ]);
  });

  it('carries what the state cannot hold: settings of a module, by a variable too', () => {
    expect(reports.at(-1)?.configs.docs).toEqual({ temperature: 0.5 });
  });

  it('runs the graph: branches, a choice, a map, skipped and optional nodes, joined texts', () => {
    const [run] = (reports.at(-1) as Report).runs;
    expect(run?.outputs).toEqual({
      answer: 'because',
      words: ['A', 'B'],
      count: 3,
      skipped: null,
      tone: { tone: 'dry' },
    });
  });

  it('and sends the messages dspex sends', () => {
    const messages = (reports.at(-1) as Report).runs[0]?.messages;
    const asked = (name: string, inputs: JsonObject) =>
      chatAdapter.format(Object.values(predictorsOf(flow.modules[name] as ModuleSpec))[0] as Signature, [], inputs);
    expect(messages).toEqual([
      asked('docs', { query: 'Why?' }),
      asked('web', { query: 'Why?' }),
      asked('short', { text: 'a' }),
      asked('short', { text: 'b' }),
      asked('deep', { context: ['one', 'two', 'three'] }),
      asked('tone', { text: 'Why? / one' }),
    ]);
  });
});
