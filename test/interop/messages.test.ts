import { describe, expect, it } from 'vitest';
import { exportMessages } from '#lib/interop/messages/export-messages';
import { golden, versionFrom } from './golden-states.ts';
import { flow } from './programs.ts';

describe('the plain messages of a version', () => {
  it('are what DSPy sends, with model and settings, for what depends on the input alone', async () => {
    const { state, mapping, messages } = golden('rag');
    const version = versionFrom(state, mapping);
    const input = { question: 'What is the capital of France?', context: ['a', 'b\nc'], year: null };
    const { calls, waiting } = await exportMessages(version, input);
    expect(calls.find(({ node }) => node === 'query')).toEqual({
      node: 'query',
      predictor: 'predict',
      model: null,
      parameters: {},
      messages: messages['query.predict'],
    });
    expect(calls.find(({ node }) => node === 'answer')).toMatchObject({
      model: 'openai/gpt-4o-mini',
      parameters: { temperature: 0.7, maxTokens: 300, topP: 0.9 },
    });
    expect(waiting).toContainEqual({ node: 'checks_0', for: ['nodes.answer'] });
  });

  it('go on from answers that are given, through transforms and branches', async () => {
    const input = { question: 'Why?', items: ['a'], hard: true, year: null };
    const alone = await exportMessages(flow, input);
    expect(alone.calls.map(({ node }) => node)).toEqual(['docs', 'web', 'skipped']);
    expect(alone.waiting).toContainEqual({ node: 'tone', for: ['nodes.merged'] });
    const given = { docs: { passages: ['one'] }, web: { passages: ['two'] } };
    const { calls } = await exportMessages(flow, input, given);
    expect(calls.map(({ node }) => node)).toEqual(['docs', 'web', 'skipped', 'deep', 'quick', 'tone']);
    expect(calls.at(-1)?.messages.at(-1)?.content).toContain('Why? / one');
    expect(calls[0]?.parameters).toEqual({ temperature: 0.5 });
  });

  it('begin a ReAct with its first round and leave the rest waiting', async () => {
    const { state, mapping } = golden('react');
    const { calls, waiting } = await exportMessages(versionFrom(state, mapping), { question: 'q' });
    expect(calls.map(({ predictor }) => predictor)).toEqual(['react']);
    expect(waiting).toEqual([{ node: 'agent.extract.predict', for: ['agent.react'] }]);
  });

  it('are refused for an input that does not fit, with the path of what is wrong', async () => {
    await expect(exportMessages(flow, { question: 1, items: [], hard: true, year: 3 })).rejects.toMatchObject({
      code: 'messages_input',
      problems: [{ pointer: '/input/question' }],
    });
  });
});
