import type { Command } from '../command.ts';
import { dataDir, flag, integer, text } from '../options.ts';

export const dev: Command = {
  summary: 'start the local server: API, workers and data folder in one process',
  usage: '[--port N] [--host HOST] [--expose] [--model PROVIDER/MODEL]',
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    expose: { type: 'boolean' },
    model: { type: 'string' },
    simulate: { type: 'boolean' },
  },
  optionDocs: {
    port: 'default $PORT or 8787; 0 takes any free one',
    host: 'default 127.0.0.1',
    expose: 'allow a host beyond loopback: whoever reaches the port may try keys',
    model: 'what programs use when they name no model (only for a new data folder)',
    simulate: 'register the scripted model "scripted/demo": its answers are made up',
  },
  run: async (call) => {
    const { screen, tools } = call;
    const port = integer(call, 'port') ?? Number(tools.environment.PORT || 8787);
    const model = text(call, 'model');
    await tools.serve({
      dataDir: dataDir(call),
      host: text(call, 'host') ?? '127.0.0.1',
      port,
      exposed: flag(call, 'expose'),
      simulate: flag(call, 'simulate'),
      ...(model === undefined ? {} : { model }),
      onListening: ({ address, newKey, keyFile }) => {
        screen.result({ address, keyFile, newKey }, () =>
          [
            `dspex listens on ${address}`,
            newKey === null
              ? `admin key: in ${keyFile}`
              : `admin key (shown this once, also in ${keyFile}):\n  ${newKey}`,
            `API reference: ${address}/docs`,
            `try: curl -H "Authorization: Bearer $(cat ${keyFile})" ${address}/v1/programs`,
          ].join('\n'),
        );
      },
    });
    return 0;
  },
};
