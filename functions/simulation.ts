import { checksum } from '#lib/base/hash';
import { seededRandom } from '#lib/base/random';
import type { ScriptedCall, ScriptedStep } from '#lib/lm/scripted';

const LITERAL = /^\{(\w+)\} {8}# note: the value you produce must exactly match \(no extra characters\) one of: (.+)$/;
const FIELD = /^\[\[ ## (\w+) ## \]\]$/;

/**
 * What the scripted model says with `--simulate`: a well-formed answer to any ChatAdapter prompt, its choices drawn from
 * the prompt's own text. It knows nothing, and whatever is measured on it is marked simulated.
 */
export function simulatedAnswer(call: ScriptedCall): ScriptedStep {
  const system = text(call.messages.find((message) => message.role === 'system')?.content);
  const random = seededRandom(checksum([call.messages, call.sample, call.parameters.temperature ?? null]));
  const lines = system.slice(system.indexOf('All interactions')).split('\n');
  const outputs = system.split('Your output fields are:')[1]?.split('All interactions')[0] ?? '';
  const fields: string[] = [];
  for (const [index, line] of lines.entries()) {
    const field = FIELD.exec(line)?.[1];
    if (field === undefined || !outputs.includes(`\`${field}\``)) continue;
    const options = LITERAL.exec(lines[index + 1] ?? '')?.[2]?.split('; ');
    fields.push(
      `[[ ## ${field} ## ]]\n${options === undefined ? 'This text was made up by the scripted model.' : random.pick(options)}`,
    );
  }
  const answer = `${fields.join('\n\n')}\n\n[[ ## completed ## ]]\n`;
  return {
    text: answer,
    usage: { inputTokens: Math.ceil(system.length / 4), outputTokens: Math.ceil(answer.length / 4) },
  };
}

function text(content: unknown): string {
  return typeof content === 'string' ? content : '';
}
