import * as z from 'zod';
import { Conflict, Unavailable } from '#lib/base/errors';
import { definer } from '#lib/kernel/define';
import type { StreamEvent } from '#lib/kernel/resource';

/** What the actions below use: work that ends when a test says so, and events a test sends. */
export class Services {
  readonly #finish: (() => void)[] = [];
  /** How many streams are open now, and how many uploads have been read to their end. */
  open = 0;
  uploaded = 0;

  whenFinished(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  finishAll(): void {
    for (const finish of this.#finish.splice(0)) finish();
  }
}

const defineResource = definer<Services>();

const Colour = z.enum(['red', 'green', 'blue']);
const Place = z.object({ city: z.string().default('Ghent'), floor: z.int().optional() }).meta({ id: 'Place' });

/** Versioned, with states, a secret, an index, a stream, and calls of every sort. */
export const Note = defineResource({
  name: 'Note',
  path: 'notes',
  idPrefix: 'not',
  doc: 'A note.',
  attributes: {
    title: z
      .string()
      .min(1)
      .max(200)
      .meta({ examples: ['Milk'] }),
    colour: Colour.default('red'),
    place: Place.default({ city: 'Ghent' }),
    extra: z.json().default(null),
    combination: z.string().max(100).default('').meta({ secret: true }),
    reads: z.int().default(0).meta({ readOnly: true }),
  },
  unique: ['title'],
  indexes: { byColour: { by: ['colour'] }, byState: { by: ['state'] } },
  calculations: { length: { type: z.int(), from: (note) => note.title.length } },
  states: ['draft', 'sealed'],
  versions: 'attributes',
  actions: (a) => ({
    create: a.create({ doc: 'Write one.', accept: ['title', 'colour', 'place', 'extra', 'combination'] }),
    update: a.update({ doc: 'Change it.', accept: ['title', 'colour', 'place', 'extra'], from: ['draft'] }),
    delete: a.remove({ doc: 'Throw it away.' }),
    seal: a.update({ doc: 'Close it.', from: ['draft'], to: 'sealed' }),
    touch: a.update({
      doc: 'Count a reading.',
      ifMatch: false,
      run: ({ record }) => ({ set: { reads: record.reads + 1 } }),
    }),
    count: a.call({
      doc: 'How often a letter is in it.',
      effect: false,
      input: { letter: z.string().length(1) },
      output: z.object({ count: z.int() }),
      run: async ({ record, input }) => ({ count: record.title.split(input.letter).length - 1 }),
    }),
    print: a.call({
      doc: 'Start printing it.',
      accepted: 'Job',
      input: { copies: z.int().min(1).max(9).default(1) },
      output: z.object({ skipped: z.boolean() }),
      run: async ({ record, input, ctx }) => {
        const job = await ctx.dispatch<{ id: string }>({
          resource: 'Job',
          action: 'start',
          as: 'system',
          input: { noteId: record.id, copies: input.copies },
        });
        return { accepted: { resource: 'Job', id: job.id }, settled: (signal) => ctx.services.whenFinished(signal) };
      },
    }),
    fail: a.call({
      doc: 'Fail, one way or another.',
      input: { how: z.enum(['bug', 'conflict', 'unavailable']) },
      output: z.null(),
      run: ({ input }) => {
        const ways = {
          bug: new Error('the password is hunter2'),
          conflict: new Conflict('printer_busy', 'wanted an idle printer, it is busy', { extra: { queue: 3 } }),
          unavailable: new Unavailable('printer_gone', 'the printer does not answer', { retryAfterSeconds: 1.2 }),
        };
        return Promise.reject(ways[input.how]);
      },
    }),
    parse: a.collection({
      doc: 'What a text would be as a note.',
      effect: false,
      input: { text: z.string().max(1000) },
      output: z.object({ title: z.string(), place: Place }),
      run: async ({ input }) => ({ title: input.text.split('\n')[0] ?? '', place: {} }),
    }),
    load: a.collection({
      doc: 'Count the bytes of a file.',
      input: { rows: z.int().min(1).default(10), header: z.boolean().default(false) },
      output: z.object({ bytes: z.int(), rows: z.int(), header: z.boolean() }),
      upload: { maxBytes: 3_000_000, contentTypes: ['text/csv', 'application/jsonl'] },
      run: async ({ input, upload, ctx }) => {
        let bytes = 0;
        for await (const chunk of upload) bytes += chunk.length;
        ctx.services.uploaded++;
        return { bytes, ...input };
      },
    }),
  }),
  streams: {
    ticks: {
      doc: 'Numbers, from one on; a note called endless has no last one, and one called broken breaks.',
      events: ({ record, ctx, after }) => ticks(record.title, Number(after ?? 0), ctx.services, ctx.signal),
    },
  },
});

async function* ticks(
  title: string,
  after: number,
  services: Services,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  services.open++;
  try {
    for (let n = after + 1; n <= 5; n++) {
      if (title === 'broken' && n === 3) throw new Error('the password is hunter2');
      yield { id: String(n), event: 'tick', data: { n, text: 'a\nb' } };
    }
    if (title === 'endless') await services.whenFinished(signal).catch(() => undefined);
  } finally {
    services.open--;
  }
}

/** Made by nobody but ourselves. */
export const Job = defineResource({
  name: 'Job',
  path: 'jobs',
  idPrefix: 'job',
  doc: 'A print job.',
  attributes: { noteId: z.string(), copies: z.int() },
  indexes: { byNote: { by: ['noteId'] } },
  actions: (a) => ({
    start: a.create({ doc: 'Start one.', access: 'system', accept: ['noteId', 'copies'] }),
  }),
});

/** Small and plain; its key is shown once. */
export const Badge = defineResource({
  name: 'Badge',
  path: 'badges',
  idPrefix: 'bdg',
  doc: 'A badge with a code that is shown once.',
  attributes: { holder: z.string().max(50) },
  actions: (a) => ({
    create: a.create({
      doc: 'Hand one out.',
      accept: ['holder'],
      reveals: { code: z.string() },
      run: () => ({ reveal: { code: 'shown-once' } }),
    }),
    remove: a.remove({ doc: 'Take it back.' }),
  }),
});

export const Drawer = defineResource({
  name: 'Drawer',
  path: 'drawers',
  idPrefix: 'drw',
  doc: 'Without routes.',
  internal: true,
  attributes: {},
  actions: (a) => ({ create: a.create({ doc: 'Make one.', accept: [] }) }),
});

export const HOUSE = [Note, Job, Badge, Drawer];
