// A chat completion server that answers after a fixed time, in a process of its own: `node mock.ts <milliseconds>`.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const delayMs = Number(process.argv[2] ?? 50);
const body = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  model: 'mock',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      message: { role: 'assistant', content: '[[ ## label ## ]]\nspam\n\n[[ ## completed ## ]]' },
    },
  ],
  usage: { prompt_tokens: 250, completion_tokens: 12, total_tokens: 262 },
});
const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };

const server = http.createServer((request, reply) => {
  request.resume();
  const answer = () => reply.writeHead(200, head).end(body);
  request.on('end', () => {
    if (delayMs > 0) setTimeout(answer, delayMs);
    else answer();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4096, () => console.log((server.address() as AddressInfo).port));
