/** What every contract suite is given besides the port: time it can move (really waiting, where time is real), and an end. */
export interface Harness {
  advance(milliseconds: number): Promise<void>;
  dispose(): Promise<void>;
}

let count = 0;

/** A name no other test uses, so that the tests of a suite can share one store. */
export function unique(stem: string): string {
  count += 1;
  return `${stem}#${process.pid}#${count}`;
}

/** What a promise rejected with; fails when it did not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection, but it resolved');
}
