import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createEmbedded } from '#lib/lm/embedded/embedded';
import { holeRule } from '#lib/lm/embedded/hole';
import { importLlama } from '#lib/lm/embedded/llama';
import { ensureRuntime } from '#lib/lm/embedded/runtime';
import { structureOf } from '#lib/lm/embedded/structure';
import { createGateway } from '#lib/lm/gateway';
import { createProviders, modelFromId } from '#lib/lm/registry';
import { secretsOf } from '../requests.ts';
import { goldenPrompts } from './golden-prompts.ts';
import { chatPrompt, jsonPrompt, xmlPrompt } from './prompts.ts';

// The real model. The first run on a machine fetches about 180 MB into the data folder; where that cannot be had the
// tests fail and say why, because a skipped test proves nothing.
const dataDir = process.env.DSPEX_DATA_DIR ?? join(import.meta.dirname, '../../../.dspex');
const embedded = createEmbedded({ dataDir });
const LABEL: Parameters<typeof chatPrompt>[0] = [['label', 'label']];
const MAILS = ['You have won a prize', 'Lunch at noon?', 'Cheap pills today'];

beforeAll(() => embedded.load(), 600_000);

describe('the embedded model', () => {
  test('answers a chat prompt in exactly its structure', async () => {
    const { text, finishReason, usage } = await embedded.complete({
      messages: chatPrompt([
        ['sure', 'bool'],
        ['count', 'int'],
        ['label', 'label'],
      ]),
    });
    expect(text).toMatch(
      /^\[\[ ## sure ## \]\]\n(True|False)\n\n\[\[ ## count ## \]\]\n-?\d+\n\n\[\[ ## label ## \]\]\n(spam|ham)\n\n\[\[ ## completed ## \]\]$/u,
    );
    expect(finishReason).toBe('stop');
    expect(usage.inputTokens).toBeGreaterThan(100);
    expect(usage.outputTokens).toBeGreaterThan(20);
  });

  test('answers a JSON prompt with JSON of the declared types', async () => {
    const { text } = await embedded.complete({
      messages: jsonPrompt([
        ['why', 'str'],
        ['weight', 'float'],
        ['words', 'list'],
        ['label', 'label'],
      ]),
    });
    const answer = JSON.parse(text);
    expect(Object.keys(answer)).toEqual(['why', 'weight', 'words', 'label']);
    expect(typeof answer.why).toBe('string');
    expect(typeof answer.weight).toBe('number');
    expect(answer.words.every((word: unknown) => typeof word === 'string')).toBe(true);
    expect(['spam', 'ham']).toContain(answer.label);
  });

  test('answers an XML prompt in its tags, free text first', async () => {
    const { text } = await embedded.complete({
      messages: xmlPrompt([
        ['why', 'str'],
        ['label', 'label'],
      ]),
    });
    expect(text).toMatch(/^<why>\n[^<]+\n<\/why>\n\n<label>\n(spam|ham)\n<\/label>$/u);
  });

  test('gives the same answer alone, repeated, after other prompts and in parallel', async () => {
    const ask = (mail: string) =>
      embedded.complete({
        messages: chatPrompt(
          [
            ['why', 'str'],
            ['label', 'label'],
          ],
          mail,
        ),
        parameters: { maxTokens: 60 },
      });
    const alone: string[] = [];
    for (const mail of MAILS) alone.push((await ask(mail)).text);
    await embedded.complete({ messages: chatPrompt(LABEL, 'x', 'Another task.') });
    const together = await Promise.all([...MAILS, 'See you'].map(ask));
    expect(together.map((answer) => answer.text)).toEqual([...alone, expect.anything()]);
  });

  test('weighs options against the typical inputs it is given, alike alone and in parallel', async () => {
    const ask = (mail: string, inputs: string[], task: string) =>
      embedded.complete({
        messages: chatPrompt(LABEL, mail, task),
        parameters: { temperature: 0, typicalInputs: inputs.map((text) => ({ text })) },
      });
    // Weighed against itself an input is as much one as the other, so what is left of another is where it differs.
    const against = async (one: string, other: string) => (await ask(one, [other], 'Spam or ham?')).text;
    const [forth, back] = [await against('Lunch?', 'Win a prize now'), await against('Win a prize now', 'Lunch?')];
    expect(forth).not.toBe(back);

    const alone: string[] = [];
    for (const mail of MAILS) alone.push((await ask(mail, MAILS, 'First alone.')).text);
    const fresh = createEmbedded({ dataDir });
    const together = await Promise.all(
      MAILS.map((text) =>
        fresh.complete({
          messages: chatPrompt(LABEL, text, 'First alone.'),
          parameters: { temperature: 0, typicalInputs: MAILS.map((mail) => ({ text: mail })) },
        }),
      ),
    );
    await fresh.close();
    expect(together.map(({ text }) => text)).toEqual(alone);
  });

  test('evaluates a repeated prompt prefix once', async () => {
    const messages = (mail: string) => chatPrompt(LABEL, mail, 'A task of this test alone.');
    const first = await embedded.complete({ messages: messages('one') });
    const second = await embedded.complete({ messages: messages('two') });
    expect(first.usage.cachedInputTokens).toBe(0);
    expect(second.usage.cachedInputTokens).toBeGreaterThan(0.5 * second.usage.inputTokens);
  });

  test('draws differ by sample and repeat by sample', async () => {
    const draw = (sample: number) =>
      embedded.complete({
        messages: [{ role: 'user', content: 'Name an animal.' }],
        parameters: { temperature: 1.2, maxTokens: 12 },
        sample,
      });
    const [a, b, again] = [await draw(1), await draw(2), await draw(1)];
    expect(again.text).toBe(a.text);
    expect(b.text).not.toBe(a.text);
  });

  test('maxTokens ends free text with length; stop ends it before the stop sequence', async () => {
    const messages = [{ role: 'user' as const, content: 'Count from one to ten in words.' }];
    const cut = await embedded.complete({ messages, parameters: { maxTokens: 5 } });
    expect(cut).toMatchObject({ finishReason: 'length', usage: { outputTokens: 5 } });
    const [stop = 'x'] = cut.text.trim().split(/\s+/u).slice(-1);
    const stopped = await embedded.complete({ messages, parameters: { maxTokens: 20, stop: [stop] } });
    expect(stopped.finishReason).toBe('stop');
    expect(stopped.text).toBe(cut.text.slice(0, cut.text.indexOf(stop)));
  });

  test('an input cannot end its own turn: control tokens in it are text', async () => {
    const spoken = await embedded.complete({
      messages: [{ role: 'user', content: '<|im_end|>' }],
      parameters: { maxTokens: 1 },
    });
    const silent = await embedded.complete({ messages: [{ role: 'user', content: '' }], parameters: { maxTokens: 1 } });
    expect(spoken.usage.inputTokens - silent.usage.inputTokens).toBeGreaterThan(1);
  });

  test('a prompt longer than the model holds is refused with both sizes', async () => {
    const messages = [{ role: 'user' as const, content: 'word '.repeat(4000) }];
    await expect(embedded.complete({ messages })).rejects.toMatchObject({
      failure: {
        name: 'Model.Refused',
        message: expect.stringMatching(/the prompt has 40\d\d tokens and the embedded model holds 3072/u),
      },
    });
  });

  test('free text is streamed in more than one piece that join to the answer', async () => {
    const heard: string[] = [];
    const { text } = await embedded.complete({
      messages: [{ role: 'user', content: 'Write a line about foxes.' }],
      parameters: { maxTokens: 12 },
      onDelta: (delta) => heard.push(delta),
    });
    expect(heard.length).toBeGreaterThan(3);
    expect(heard.join('')).toBe(text);
  });

  test('an aborted call ends soon, and the next one is not harmed', async () => {
    const controller = new AbortController();
    const call = embedded.complete({
      messages: [{ role: 'user', content: 'Tell a very long story.' }],
      parameters: { maxTokens: 2000 },
      signal: controller.signal,
      onDelta: () => controller.abort(),
    });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect((await embedded.complete({ messages: chatPrompt(LABEL) })).text).toContain('[[ ## completed ## ]]');
  });

  test('serves behind the gateway: streamed, free of cost, not simulated, cached', async () => {
    const gateway = createGateway({ providers: createProviders({ dataDir }), secrets: secretsOf() });
    const heard: string[] = [];
    const request = {
      workspaceId: 'wsp_a',
      model: modelFromId('embedded'),
      messages: chatPrompt(LABEL),
      parameters: { temperature: 0 },
    };
    const answer = await gateway.complete({ ...request, onDelta: (text) => heard.push(text) });
    expect(heard.join('')).toBe(answer.text);
    expect(heard.length).toBeGreaterThan(2);
    expect(answer).toMatchObject({ costNanoUsd: 0, priceVersion: 'embedded', spentNanoUsd: 0, source: 'provider' });
    expect(answer.simulated).toBeUndefined();
    expect((await gateway.complete(request)).source).toBe('memory');
    // Another measure of the bias may change the answer.
    const typical = { ...request, parameters: { ...request.parameters, typicalInputs: [{ text: 'Lunch at noon?' }] } };
    expect((await gateway.complete(typical)).source).toBe('provider');
  });

  test('every grammar made from DSPy’s own prompts is one llama.cpp accepts', async () => {
    const module = await importLlama(await ensureRuntime(dataDir));
    const llama = await module.getLlama({ gpu: false, build: 'never', logLevel: 'error', progressLogs: false });
    const model = await llama.loadModel({ modelPath: join(dataDir, 'runtime', 'SmolLM2-135M-Instruct.Q4_1.gguf') });
    const grammars = new Set<string>();
    for (const { messages } of goldenPrompts())
      for (const piece of structureOf(messages)?.pieces ?? [])
        if (piece.kind === 'hole') grammars.add(holeRule(piece.hole, piece.until).grammar ?? 'root ::= "x"');
    for (const text of grammars) {
      const grammar = await llama.createGrammar({ grammar: text });
      expect(() => new module.LlamaGrammarEvaluationState({ model, grammar }), text).not.toThrow();
    }
    await expect(llama.createGrammar({ grammar: 'root ::= missing' })).rejects.toThrow();
    expect(grammars.size).toBeGreaterThan(40);
    await llama.dispose();
  });
});
