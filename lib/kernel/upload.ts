import { createHash } from 'node:crypto';

/** A file on its way to an action, and what it was: known once it has been read. */
export interface Hashed {
  bytes: AsyncIterable<Uint8Array>;
  /** SHA-256 of the whole file; what the action left unread is read now. */
  sha256(): Promise<string>;
  /** Nobody will read the rest. */
  cancel(): Promise<void>;
}

/** Hashes while the action reads. The action's leaving early does not close the stream: the rest belongs to the hash. */
export function hashed(bytes: AsyncIterable<Uint8Array>): Hashed {
  const source = bytes[Symbol.asyncIterator]();
  const hash = createHash('sha256');
  let over = false;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const result = await source.next();
    if (result.done === true) over = true;
    else hash.update(result.value);
    return result;
  };
  return {
    bytes: { [Symbol.asyncIterator]: () => ({ next }) },
    async sha256() {
      while (!over) await next();
      return hash.digest('hex');
    },
    async cancel() {
      if (!over) await source.return?.();
    },
  };
}
