// A chat completion server in a process of its own that answers each peer in its own format, after `?` milliseconds that
// the path names: POST /{chat|ax}/{ms}/v1/chat/completions. Prints its port.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const CONTENTS = { chat: '[[ ## queueLabel ## ]]\nspam\n\n[[ ## completed ## ]]', ax: 'Queue Label: spam' };

const bodies = Object.fromEntries(
  Object.entries(CONTENTS).map(([name, content]) => {
    const message = { role: 'assistant', content };
    const usage = { prompt_tokens: 250, completion_tokens: 12, total_tokens: 262 };
    const choices = [{ index: 0, finish_reason: 'stop', message }];
    return [name, JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'mock', choices, usage })];
  }),
);

const server = http.createServer((request, reply) => {
  const [, form = 'chat', ms = '0'] = (request.url ?? '').split('/');
  const body = bodies[form] ?? '';
  const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const answer = () => reply.writeHead(200, head).end(body);
  request.resume();
  request.on('end', () => {
    if (Number(ms) > 0) setTimeout(answer, Number(ms));
    else answer();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4096, () => console.log((server.address() as AddressInfo).port));
