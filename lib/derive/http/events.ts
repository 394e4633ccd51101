import type { StreamEvent } from '#lib/kernel/resource';
import { asDspexError, problemOf } from './problem.ts';

export interface EventStreamOptions {
  /** A comment is sent after so much silence, so that proxies and clients see that somebody is there. */
  heartbeatMs: number;
  /** Called once when the client has gone. */
  onCancel: () => void;
  onError: (error: unknown) => void;
  at: { instance: string; traceId: string };
}

/**
 * Server-sent events (WHATWG HTML, 9.2) of an iterable, pulled no faster than the client reads. It ends with the
 * iterable; when that throws, the last event is `problem` with the problem document.
 */
export function eventStream(
  events: AsyncIterable<StreamEvent>,
  options: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let pending: Promise<IteratorResult<StreamEvent>> | null = null;
  let gone = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const send = (text: string) => void (gone || controller.enqueue(encoder.encode(text)));
        try {
          pending ??= iterator.next();
          const next = await withinSilence(pending, options.heartbeatMs);
          if (next === SILENCE) return send(': still here\n\n');
          pending = null;
          if (next.done) return void (gone || controller.close());
          send(eventText(next.value));
        } catch (error) {
          pending = null;
          if (gone) return;
          options.onError(error);
          send(eventText({ event: 'problem', data: problemOf(asDspexError(error), options.at) }));
          controller.close();
        }
      },
      async cancel() {
        gone = true;
        options.onCancel();
        // An iterator that waits for an event that may never come cannot be asked to return: its signal wakes it.
        pending?.catch(() => undefined);
        void Promise.resolve(iterator.return?.()).catch(() => undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

const SILENCE = Symbol('silence');

async function withinSilence<T>(promise: Promise<T>, milliseconds: number): Promise<T | typeof SILENCE> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<typeof SILENCE>((resolve) => {
    timer = setTimeout(() => resolve(SILENCE), milliseconds);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** JSON has no raw line breaks, so the data is always one line. */
export function eventText(event: StreamEvent): string {
  const id = event.id === undefined ? '' : `id: ${oneLine(event.id)}\n`;
  return `${id}event: ${oneLine(event.event)}\ndata: ${JSON.stringify(event.data ?? null)}\n\n`;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, ' ');
}
