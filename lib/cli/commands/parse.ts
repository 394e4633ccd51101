import { adapterOf, lineOf, ParseLine, signatureOf } from '../bulk.ts';
import type { Command } from '../command.ts';
import { answerLines } from '../jsonl.ts';

export const parse: Command = {
  summary: 'JSON Lines in: a signature with a completion; out: the fields read from it',
  usage: '--adapter chat|json|xml --jsonl < LINES',
  options: { adapter: { type: 'string' }, jsonl: { type: 'boolean' } },
  optionDocs: { adapter: 'default chat', jsonl: 'read lines {signature, fields?, completion}' },
  run: (call) => {
    const adapter = adapterOf(call);
    return answerLines(call.tools, call.screen, (line) => {
      const { completion, ...rest } = lineOf(ParseLine, line);
      return { fields: adapter.parse(signatureOf(rest), completion) };
    });
  },
};
