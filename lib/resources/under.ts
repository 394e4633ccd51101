import { InvalidInput } from '#lib/base/errors';

/** What is wrong inside a part of the input, said from where the caller sees it: pointers begin with `pointer`. */
export async function under<T>(pointer: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const inner = error.problems.length === 0 ? [{ pointer: '', detail: error.message }] : error.problems;
    const problems = inner.map((problem) => ({ ...problem, pointer: `${pointer}${problem.pointer}` }));
    throw new InvalidInput(error.code, error.message, { problems, extra: error.extra, cause: error });
  }
}
