// The least a server can do with the same clients: node:http, a constant answer, nothing durable.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const body = JSON.stringify({ id: 'dat_1', name: 'x', description: 'a record' });
http
  .createServer((request, reply) => {
    request.resume().on('end', () =>
      reply
        .writeHead(request.method === 'POST' ? 201 : 200, {
          'content-type': 'application/json',
          'content-length': body.length,
        })
        .end(body),
    );
  })
  .listen(0, '127.0.0.1', 1024, function (this: http.Server) {
    console.log((this.address() as AddressInfo).port);
  });
