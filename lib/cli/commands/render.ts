import type * as z from 'zod';
import { parseExactJson } from '#lib/signature/exact-number';
import { adapterOf, lineOf, RenderLine, signatureOf } from '../bulk.ts';
import type { Command } from '../command.ts';
import { answerLines } from '../jsonl.ts';

export const render: Command = {
  summary: 'JSON Lines in: a signature with inputs and demos; out: the messages a model would get',
  usage: '--adapter chat|json|xml --jsonl < LINES',
  options: { adapter: { type: 'string' }, jsonl: { type: 'boolean' } },
  optionDocs: {
    adapter: 'default chat',
    jsonl: 'read lines {signature, instructions?, fields?, inputs, demos?, history?}',
  },
  run: (call) => {
    const adapter = adapterOf(call);
    return answerLines(call.tools, call.screen, (line, text) => {
      const rest = lineOf(RenderLine, line);
      // Read again exactly: to a prompt, 1 and 1.0 are different values.
      const { inputs, demos = [], history } = parseExactJson(text) as unknown as z.output<typeof RenderLine>;
      const signature = signatureOf(rest);
      const past = signature.inputs.find((field) => field.type.kind === 'dspy' && field.type.name === 'History');
      const values =
        history === undefined || past === undefined ? inputs : { ...inputs, [past.name]: { messages: history } };
      return { messages: adapter.format(signature, demos, values) };
    });
  },
};
