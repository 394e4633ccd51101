import type { Message } from '../spec.ts';
import { textOf } from './prompt.ts';

// Inputs that say nothing: what the model answers to them is its bias, not its judgement. Whole sentences and not signs
// such as "N/A", because what a small model leans to depends on how its input looks.
const NEUTRAL = [
  'This is not what I wanted.',
  'Please help me.',
  'Can you tell me more about it?',
  'I do not know what to do.',
  'It has been like this since yesterday.',
  'Something is wrong here.',
  'There is one thing I would like to change.',
  'Nobody could tell me why.',
];

/**
 * The last message of a structured prompt with every input value replaced by one that says nothing, once per neutral text;
 * or, better where the caller knows what inputs look like, by those of each typical input (Fei et al. 2023, "Mitigating
 * Label Biases for In-context Learning"): over many different inputs what they say cancels out. Empty when no input field
 * is found in it.
 */
export function neutralMessages(messages: readonly Message[], typical?: readonly Record<string, string>[]): Message[] {
  const last = messages.at(-1);
  if (last === undefined) return [];
  const text = textOf(last);
  const names = inputNames(messages);
  const fillings = typical ?? NEUTRAL.map((neutral) => Object.fromEntries(names.map((name) => [name, neutral])));
  const made = fillings.map((values, i) => ({
    ...last,
    content: replaceInputs(
      text,
      names,
      (name) => (Object.hasOwn(values, name) ? values[name] : NEUTRAL[i % NEUTRAL.length]) ?? '',
    ),
  }));
  return made.some(({ content }) => content === undefined)
    ? []
    : made.map(({ role, content }) => ({ role, content: content ?? '' }));
}

/** Field names that the system message lists below `Your input fields are:`. */
function inputNames(messages: readonly Message[]): string[] {
  const system = messages.find(({ role }) => role === 'system');
  const [, listed = ''] =
    /^Your input fields are:\n([\s\S]*?)\nYour output fields are:/u.exec(system ? textOf(system) : '') ?? [];
  return Array.from(listed.matchAll(/^\d+\. `(\w+)`/gmu), (match) => match[1] ?? '');
}

/** Replaces what stands between one input's marker and the next one or the request; undefined when no marker is there. */
function replaceInputs(text: string, names: readonly string[], inputOf: (name: string) => string): string | undefined {
  const request = text.lastIndexOf('\nRespond with ');
  if (request < 0) return undefined;
  const parts: string[] = [];
  let from = 0;
  let open = '';
  for (const name of names) {
    for (const [marker, end] of [
      [`[[ ## ${name} ## ]]\n`, ''],
      [`<${name}>\n`, `\n</${name}>`],
    ] as const) {
      const at = text.indexOf(marker, from);
      if (at < 0 || at > request || (at > 0 && text[at - 1] !== '\n')) continue;
      parts.push(`${marker}${inputOf(name)}${end}`);
      from = at + marker.length;
      open = name;
      break;
    }
  }
  return open === '' ? undefined : `${parts.join('\n\n')}\n${text.slice(request)}`;
}
