import { checksum } from '#lib/base/hash';
import { type Random, seededRandom } from '#lib/base/random';
import type { ScriptedCall, ScriptedStep } from '#lib/lm/scripted';

const FIELD = /^\d+\. `(\w+)` \((.*?)\):/gmu;
const LITERAL =
  /\{(\w+)\} {8}# note: the value you produce must exactly match \(no extra characters\) one of: (.+?)",?$|\{(\w+)\} {8}# note: the value you produce must exactly match \(no extra characters\) one of: (.+)$/gmu;

/** How each adapter wants its answer, by what only its prompt says. */
const FORMATS: { of: (system: string) => boolean; print: (fields: [string, string][]) => string }[] = [
  {
    of: (system) => system.includes('Outputs will be a JSON object'),
    print: (fields) => JSON.stringify(Object.fromEntries(fields)),
  },
  {
    of: (system) => system.includes('[[ ## completed ## ]]'),
    print: (fields) =>
      `${fields.map(([name, value]) => `[[ ## ${name} ## ]]\n${value}`).join('\n\n')}\n\n[[ ## completed ## ]]\n`,
  },
  { of: () => true, print: (fields) => fields.map(([name, value]) => `<${name}>\n${value}\n</${name}>`).join('\n\n') },
];

/**
 * What the scripted model says with `--simulate`: a well-formed answer to any Chat, JSON or XML prompt, its choices drawn
 * from the prompt's own text. It knows nothing, and whatever is measured on it is marked simulated.
 */
export function simulatedAnswer(call: ScriptedCall): ScriptedStep {
  const system = text(call.messages.find((message) => message.role === 'system')?.content);
  const random = seededRandom(checksum([call.messages, call.sample, call.parameters.temperature ?? null]));
  const options = new Map<string, string[]>();
  for (const [, quoted, inQuotes, plain, alone] of system.matchAll(LITERAL))
    options.set(quoted ?? plain ?? '', (inQuotes ?? alone ?? '').split('; '));
  const outputs = system.split('Your output fields are:')[1]?.split('All interactions')[0] ?? '';
  const fields = [...outputs.matchAll(FIELD)].map(([, name = '', type = '']): [string, string] => [
    name,
    made(type, options.get(name), random),
  ]);
  const answer = FORMATS.find(({ of }) => of(system))?.print(fields) ?? '';
  return {
    text: answer,
    usage: { inputTokens: Math.ceil(system.length / 4), outputTokens: Math.ceil(answer.length / 4) },
  };
}

function made(type: string, options: string[] | undefined, random: Random): string {
  if (options !== undefined) return random.pick(options);
  if (type === 'bool') return random.pick(['True', 'False']);
  if (type === 'int' || type === 'float') return String(random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  return 'This text was made up by the scripted model.';
}

function text(content: unknown): string {
  return typeof content === 'string' ? content : '';
}
