import { type ServerType, serve } from '@hono/node-server';
import { Conflict, InvalidInput } from '#lib/base/errors';
import { announceServer } from '#lib/local/folder/server-file';
import { type House, type HouseOptions, openHouse } from './house.ts';

export interface ServerOptions extends HouseOptions {
  /** Default 127.0.0.1. Anything beyond loopback also needs `exposed`. */
  host?: string;
  /** 0 takes any free port. */
  port: number;
  exposed?: boolean;
}

export interface RunningServer {
  house: House;
  address: string;
  close(): Promise<void>;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** The local process: one data folder, one address. Resolves when it listens; work left over goes on at once. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port } = options;
  if (!LOOPBACK.test(host) && options.exposed !== true) {
    throw new InvalidInput(
      'not_loopback',
      `refusing to listen on ${host}: whoever reaches this port may use every key's rights; say --expose to listen beyond loopback`,
    );
  }
  const house = await openHouse(options);
  try {
    const server = await listen(house, host, port);
    const { port: bound } = server.address() as { port: number };
    const address = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
    await house.work();
    await announceServer(options.dataDir, { address, pid: process.pid });
    // The policies, now and not with the first request. What is wrong with it, the first decision says.
    house.kernel.warm(house.workspaceId).catch(() => undefined);
    return {
      house,
      address,
      close: async () => {
        server.close();
        if ('closeAllConnections' in server) server.closeAllConnections();
        await house.close();
      },
    };
  } catch (error) {
    await house.close();
    throw error;
  }
}

function listen(house: House, host: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: house.app.fetch, hostname: host, port }, () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(
        new Conflict(
          'port_taken',
          `port ${port} on ${host} is taken by another program; choose one with PORT=... or --port`,
        ),
      );
    });
  });
}
