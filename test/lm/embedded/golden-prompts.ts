import { readFileSync } from 'node:fs';
import type { Message } from '#lib/lm/spec';

interface GoldenFile {
  cases: { systems: string[]; list: { name: string; messages?: { role: string; content: unknown }[] }[] };
}

/** Every text-only prompt of the adapters' golden files, as DSPy rendered it. */
export function goldenPrompts(): { name: string; messages: Message[] }[] {
  return ['chat', 'json'].flatMap((adapter) => {
    const file = new URL(`../../adapter/goldens/${adapter}-prompts.json`, import.meta.url);
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as GoldenFile;
    return cases.list.flatMap(({ name, messages = [] }) => {
      const whole = messages.map(({ role, content }) => ({
        role,
        content: typeof content === 'number' ? cases.systems[content] : content,
      }));
      const textOnly = whole.length > 0 && whole.every(({ content }) => typeof content === 'string');
      return textOnly ? [{ name, messages: whole as Message[] }] : [];
    });
  });
}
