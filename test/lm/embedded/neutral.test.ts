import { describe, expect, test } from 'vitest';
import { neutralMessages } from '#lib/lm/embedded/neutral';
import { textOf } from '#lib/lm/embedded/prompt';
import { chatPrompt, type FieldType, xmlPrompt } from './prompts.ts';

const LABEL: [string, FieldType][] = [['label', 'label']];
const PROMPTS = { chat: chatPrompt(LABEL, 'Win a prize'), xml: xmlPrompt(LABEL, 'Win a prize') };

describe.each(Object.entries(PROMPTS))('what a model leans to in a %s prompt is asked', (_format, messages) => {
  const last = textOf(messages.at(-1) ?? { role: 'user', content: '' });

  test('with sentences that say nothing in place of the input, all else as it is', () => {
    const made = neutralMessages(messages).map(textOf);
    expect(made.length).toBeGreaterThan(3);
    expect(new Set(made).size).toBe(made.length);
    for (const text of made) {
      expect(text).not.toContain('Win a prize');
      expect(text.slice(text.lastIndexOf('\nRespond'))).toBe(last.slice(last.lastIndexOf('\nRespond')));
    }
  });

  test('with the typical inputs where the caller names them, each exactly where the input stood', () => {
    const typical = [{ text: 'Lunch at noon?' }, { text: 'Cheap pills' }];
    const made = neutralMessages(messages, typical).map(textOf);
    expect(made).toEqual(typical.map(({ text }) => last.replace('Win a prize', text)));
  });

  test('an input that the typical ones leave out says nothing', () => {
    const [text = ''] = neutralMessages(messages, [{ other: 'x' }]).map(textOf);
    expect(text).not.toContain('Win a prize');
    expect(text).toBe(textOf(neutralMessages(messages)[0] ?? { role: 'user', content: '' }));
  });
});

test('a prompt that names no input field has no bias to measure', () => {
  expect(neutralMessages([{ role: 'user', content: 'Name an animal.' }], [{ text: 'x' }])).toEqual([]);
  expect(neutralMessages([])).toEqual([]);
});
