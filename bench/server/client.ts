// Many clients in a process of their own: `node client.ts ADDRESS KEY read|write CONNECTIONS SECONDS PREFIX`; prints what
// they got done as JSON. Its own processor time counts against the same two cores, as any client's does.
import http from 'node:http';

const [address = '', key = '', what = 'read', connections = '32', seconds = '3', prefix = ''] = process.argv.slice(2);
const url = new URL(address);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number(connections) });
const counts = { done: 0, failed: 0 };
const latencies: number[] = [];

function once(n: number): Promise<void> {
  const body = what === 'write' ? JSON.stringify({ name: `${prefix}-${n}`, description: 'written by a client' }) : '';
  const headers: Record<string, string | number> = { authorization: `Bearer ${key}` };
  if (what === 'write') Object.assign(headers, { 'content-type': 'application/json', 'content-length': body.length });
  const options = {
    ...{ host: url.hostname, port: url.port, agent, headers },
    ...(what === 'write' ? { method: 'POST', path: '/v1/datasets' } : { method: 'GET', path: url.pathname }),
  };
  return new Promise((resolve) => {
    const started = performance.now();
    const request = http.request(options, (reply) => {
      reply.resume().on('end', () => {
        latencies.push(performance.now() - started);
        if (reply.statusCode === 200 || reply.statusCode === 201) counts.done += 1;
        else counts.failed += 1;
        resolve();
      });
    });
    request.on('error', () => {
      counts.failed += 1;
      resolve();
    });
    request.end(body);
  });
}

let n = 0;
const started = performance.now();
const until = started + Number(seconds) * 1000;
await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    while (performance.now() < until) await once(n++);
  }),
);
const perSecond = counts.done / ((performance.now() - started) / 1000);
latencies.sort((a, b) => a - b);
const p95Ms = latencies[Math.floor(latencies.length * 0.95)];
console.log(JSON.stringify({ ...counts, perSecond, p95Ms }));
process.exit();
