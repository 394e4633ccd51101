import { adapters } from '#lib/adapter/adapters';
import { StepFailure } from '#lib/base/failure';
import { parseSignature } from '#lib/signature/parse';
import type { Signature, Values } from '#lib/signature/signature';
import type { GenerationDraft } from '../script.ts';

/** A question to the teacher as a signature, so that it is rendered and read like any module's call. */
export function question(name: string, text: string, instructions: string, fields: Record<string, string>): Signature {
  const described = Object.fromEntries(Object.entries(fields).map(([field, description]) => [field, { description }]));
  return parseSignature(text, { name, instructions, fields: described });
}

export function asked(
  signature: Signature,
  inputs: Values,
  purpose: string,
  { temperature, sample }: { temperature: number; sample: number },
): GenerationDraft {
  return {
    messages: adapters.chat.format(signature, [], inputs),
    parameters: { temperature },
    purpose,
    sample,
    answer: signature,
  };
}

/**
 * The outputs in a teacher's answer, as the chat format has them or as JSON. Throws a StepFailure (`Output.Invalid`) for
 * anything else, and when every output is empty.
 */
export function readAnswer(signature: Signature, text: string): Values {
  let values: Values;
  try {
    values = adapters.chat.parse(signature, text);
  } catch (error) {
    try {
      values = adapters.json.parse(signature, text);
    } catch {
      throw error;
    }
  }
  if (Object.values(values).every((value) => value === null || value === ''))
    throw new StepFailure(
      'Output.Invalid',
      `every field of the answer is empty, wanted ${signature.outputs.map(({ name }) => name).join(', ')}`,
    );
  return values;
}

// A longer one is no instruction; it would also have to fit into the record of the trial that brings it in.
const LONGEST_CHARACTERS = 10_000;

/** A text of the teacher's without the label, the quotes or the fence it may have put around it; null when nothing is left. */
export function cleaned(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  let text = value.trim();
  const fenced = /^```[\w-]*\n([\s\S]*?)\n?```$/u.exec(text);
  if (fenced?.[1] !== undefined) text = fenced[1].trim();
  text = text.replace(/^(?:(?:proposed|new|improved|final)\s+)?instructions?:\s+/iu, '');
  if (/^"[^"]*"$/u.test(text)) text = text.slice(1, -1).trim();
  return text === '' || text.length > LONGEST_CHARACTERS ? null : text;
}
