import type { Json } from '#lib/base/json';

export interface ServerEvent {
  id: string | null;
  event: string;
  data: Json;
}

/** The events of a `text/event-stream` body (WHATWG HTML, 9.2.6); an event that was cut off is not one. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  let id: string | null = null;
  let event = '';
  let data: string[] = [];
  const fields: Record<string, (value: string) => void> = {
    id: (value) => {
      id = value;
    },
    event: (value) => {
      event = value;
    },
    data: (value) => void data.push(value),
  };
  for await (const line of linesOf(body)) {
    if (line !== '') {
      // A line that begins with a colon is a comment: a sign of life.
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      fields[name]?.(colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, ''));
      continue;
    }
    if (data.length > 0)
      yield { id, event: event === '' ? 'message' : event, data: JSON.parse(data.join('\n')) as Json };
    event = '';
    data = [];
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A carriage return at the very end may be the first half of CRLF, so it waits.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
