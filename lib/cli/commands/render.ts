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
    return answerLines(call.tools, call.screen, (line) => {
      const { inputs, demos, history, ...rest } = lineOf(RenderLine, line);
      const signature = signatureOf(rest);
      const past = signature.inputs.find((field) => field.type.kind === 'dspy' && field.type.name === 'History');
      const values =
        history === undefined || past === undefined ? inputs : { ...inputs, [past.name]: { messages: history } };
      return { messages: adapter.format(signature, demos, values) };
    });
  },
};
