import { appendFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The world outside the server: a chat model and a receiver of effects. It answers by what it is asked alone, and writes
 * down every call before it answers; it lives in the supervisor's process, so no kill reaches it.
 */
export interface Oracle {
  address: string;
  /** How often each piece of work reached us. */
  calls: ReadonlyMap<string, number>;
  /** Idempotency keys seen for each effect: one, if the same step of the same run is always called the same. */
  effectKeys: ReadonlyMap<string, ReadonlySet<string>>;
  close(): Promise<void>;
}

export async function startOracle(options: { file: string; delayMs: (key: string) => number }): Promise<Oracle> {
  const calls = new Map<string, number>();
  const effectKeys = new Map<string, Set<string>>();
  const note = (key: string): void => {
    calls.set(key, (calls.get(key) ?? 0) + 1);
    appendFileSync(options.file, `${JSON.stringify({ key, at: Date.now() })}\n`);
  };
  const server = http.createServer(async (request, reply) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = JSON.parse(Buffer.concat(pieces).toString()) as never;
    let answer: Answer;
    let key: string;
    if (request.url === '/effects') {
      key = `${(body as { tag: string }).tag}/note`;
      const seen = effectKeys.get(key) ?? new Set();
      effectKeys.set(key, seen.add(String(request.headers['idempotency-key'])));
      answer = { type: 'application/json', text: JSON.stringify({ noted: key }) };
    } else {
      const reaction = react(body);
      key = reaction.key;
      answer = (body as ChatRequest).stream === true ? streamed(reaction.text) : completion(reaction.text);
    }
    note(key);
    await sleep(options.delayMs(key));
    reply.writeHead(200, { 'content-type': answer.type }).end(answer.text);
  });
  server.listen(0, '127.0.0.1', 1024);
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    effectKeys,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Answer {
  type: string;
  text: string;
}

interface ChatRequest {
  messages: { role: string; content: string }[];
  temperature?: number;
  stream?: boolean;
}

/** `chain` prompts carry the run's tag, `parity` prompts a number. */
function react({ messages, temperature = 0 }: ChatRequest): { key: string; text: string } {
  const last = messages.at(-1)?.content ?? '';
  const tag = /\[\[ ## tag ## \]\]\n(\S+)/.exec(last)?.[1];
  if (tag !== undefined) {
    const word = /\[\[ ## word ## \]\]\n(\S+)/.exec(last)?.[1];
    return word === undefined
      ? { key: `${tag}/first`, text: chat({ word: `word-of-${tag}` }) }
      : { key: `${tag}/second`, text: chat({ label: `${tag}:${word}` }) };
  }
  const number = Number(/\[\[ ## text ## \]\]\nn(\d+)/.exec(last)?.[1]);
  const demos = messages.length > 3;
  return {
    key: `n${number}@${temperature}${demos ? '+demos' : ''}`,
    text: chat({ label: parityLabel(number, temperature, demos) }),
  };
}

/** Right more often when it is hot and has seen examples: the landscape every score can be computed from. */
export function parityLabel(number: number, temperature: number, demos: boolean): string {
  const right = number % 10 < 3 + (temperature > 0.6 ? 4 : 0) + (demos ? 2 : 0);
  return (number % 2 === 1) === right ? 'odd' : 'even';
}

function chat(fields: Record<string, string>): string {
  const blocks = Object.entries(fields).map(([name, value]) => `[[ ## ${name} ## ]]\n${value}`);
  return `${blocks.join('\n\n')}\n\n[[ ## completed ## ]]\n`;
}

const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
const head = { id: 'c', model: 'soak' };

function completion(content: string): Answer {
  const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }];
  return { type: 'application/json', text: JSON.stringify({ ...head, object: 'chat.completion', choices, usage }) };
}

function streamed(content: string): Answer {
  const object = 'chat.completion.chunk';
  const chunks = [
    { ...head, object, choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] },
    { ...head, object, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...head, object, choices: [], usage },
  ];
  const lines = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`);
  return { type: 'text/event-stream', text: lines.join('') };
}
