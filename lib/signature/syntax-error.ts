import { InvalidInput } from '#lib/base/errors';

/** What a signature string may look like; part of every syntax error, so that nobody has to look it up. */
export const SIGNATURE_GRAMMAR = [
  'signature := [fields] "->" [fields]',
  'fields    := field {"," field} [","]',
  'field     := name [":" type]            (no type means str)',
  'type      := one {"|" one}',
  'one       := "(" type ")" | None | Literal[constants] | name ["[" type {"," type} "]"]',
  'names     := str int float bool list dict set frozenset tuple complex bytes Any Optional Union NoneType',
  '             Sequence Mapping ... | datetime.datetime ... | dspy.Image dspy.Audio dspy.File dspy.History',
  '             dspy.Tool dspy.ToolCalls dspy.Code["python"] dspy.Reasoning | the names of your own types',
].join('\n');

/** The text is not a signature. `position` is the UTF-16 offset of the first character that does not fit. */
export class SignatureSyntaxError extends InvalidInput {
  override name = 'SignatureSyntaxError';
  readonly position: number;

  constructor(what: string, text: string, position: number) {
    const detail = `${what}, at character ${position}${excerpt(text, position)}`;
    super('signature_syntax', `Not a signature: ${detail}.`, {
      problems: [{ pointer: '', detail }],
      extra: { position, grammar: SIGNATURE_GRAMMAR },
    });
    this.position = position;
  }
}

function excerpt(text: string, position: number): string {
  const before = text.slice(Math.max(0, position - 20), position);
  const after = text.slice(position, position + 20);
  return before + after === '' ? '' : ` (${JSON.stringify(before)} ⟶ ${JSON.stringify(after)})`;
}
