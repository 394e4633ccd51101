/** What one side drops in and the other takes out in order, waiting when there is nothing: a bridge from callbacks to `for await`. */
export interface Inbox<T> {
  put(item: T): void;
  /** The next item; undefined when `signal` aborts or, with a timer, when `milliseconds` pass first. */
  take(options?: { signal?: AbortSignal; milliseconds?: number }): Promise<T | undefined>;
}

export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  let wake: (() => void) | undefined;
  return {
    put(item) {
      items.push(item);
      wake?.();
    },
    async take({ signal, milliseconds } = {}) {
      if (items.length === 0 && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds);
          signal?.addEventListener('abort', () => resolve(), { once: true });
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wake = undefined;
      }
      return items.shift();
    },
  };
}
