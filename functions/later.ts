/**
 * A function whose room is loaded with its first call: a process pays for what it does, not for what it could do.
 *
 *     const search = later(async () => (await import('#lib/work/corpora')).openCorpora(home));
 */
export function later<A extends unknown[], R>(
  load: () => Promise<(...args: A) => R | Promise<R>>,
): (...args: A) => Promise<R> {
  const loaded = once(load);
  return async (...args) => (await loaded())(...args);
}

/** Made with the first call; what could not be made is tried again with the next one. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    if (made !== null) return made;
    const making = make();
    made = making;
    making.catch(() => {
      made = null;
    });
    return making;
  };
}
