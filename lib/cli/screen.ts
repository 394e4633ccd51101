/** Where a command writes: people read lines and bars, programs read one JSON value on standard output. */
export interface Screen {
  /** `--json` was given: no lines, no bars, only `result`. */
  json: boolean;
  line(text?: string): void;
  /** The command's outcome: as JSON with `--json`, else as the text `show` makes of it. */
  result<T>(value: T, show: (value: T) => string): void;
  /** A bar on a terminal, an occasional line elsewhere; `done` ends it. */
  bar(title: string): Bar;
  /** To standard error, whatever the mode. */
  warn(text: string): void;
}

export interface Bar {
  update(done: number, total: number | null, note?: string): void;
  done(note?: string): void;
}

interface Streams {
  out: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  error: { write(text: string): unknown; isTTY?: boolean; columns?: number };
}

const WIDTH = 24;

export function createScreen(json: boolean, { out, error }: Streams): Screen {
  const say = (text: string): void => void (json ? error : out).write(`${text}\n`);
  return {
    json,
    line: (text = '') => {
      if (!json) say(text);
    },
    result: (value, show) => void out.write(json ? `${JSON.stringify(value)}\n` : `${show(value)}\n`),
    warn: (text) => void error.write(`${text}\n`),
    bar: (title) => (error.isTTY && !json ? liveBar(title, error) : quietBar(title, json ? () => {} : say)),
  };
}

function liveBar(title: string, error: Streams['error']): Bar {
  const draw = (text: string): void => void error.write(`\r\u001b[2K${text.slice(0, (error.columns ?? 100) - 1)}`);
  let last = '';
  return {
    update: (done, total, note = '') => {
      const text = `${title.padEnd(22)} ${drawn(done, total)} ${note}`;
      if (text !== last) draw(text);
      last = text;
    },
    done: (note) => {
      draw(`${title.padEnd(22)} ${note ?? 'done'}`);
      error.write('\n');
    },
  };
}

/** No terminal: a line at each quarter, so that a log shows progress without drowning in it. */
function quietBar(title: string, say: (text: string) => void): Bar {
  let shown = 0;
  return {
    update: (done, total, note = '') => {
      const quarter = total === null || total === 0 ? 0 : Math.floor((4 * done) / total);
      if (quarter <= shown || quarter >= 4) return;
      shown = quarter;
      say(`${title}: ${quarter * 25}% ${note}`.trimEnd());
    },
    done: (note) => say(`${title}: ${note ?? 'done'}`),
  };
}

function drawn(done: number, total: number | null): string {
  if (total === null || total === 0) return `${done}`;
  const filled = Math.round((WIDTH * Math.min(done, total)) / total);
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${String(Math.floor((100 * Math.min(done, total)) / total)).padStart(3)}%`;
}
