import { describe } from 'vitest';
import { describe as complete } from '#lib/kernel/describe';
import { apiContract } from './contract.ts';
import { openApi, say } from './house.ts';
import { HOUSE } from './resources.ts';
import type { World } from './world.ts';

describe('a small house keeps what every house keeps', () => {
  apiContract(complete(HOUSE), async () => {
    const { app, admin, stranger, close } = await openApi({ maxWaitSeconds: 0.01 });
    const world: World = {
      ...{ app, admin, stranger, close },
      inputs: {
        'Note.create': (serial) => ({ title: `Note ${serial}` }),
        'Note.count': () => ({ letter: 'e' }),
        'Note.fail': () => ({ how: 'conflict' }),
        'Note.parse': () => ({ text: 'Milk' }),
        'Badge.create': () => ({ holder: 'Ada' }),
      },
      records: {
        Job: async () => {
          const note = await say({ app, admin }, 'POST /v1/notes', {
            body: { title: `Printed ${crypto.randomUUID()}` },
          });
          const job = await say({ app, admin }, `POST /v1/notes/${note.body.id}/print`, { body: {} });
          return String(job.body.id);
        },
      },
      refused: ['Note.fail'],
    };
    return world;
  });
});
