import { failureOf, StepFailure } from '#lib/base/failure';
import type { Blobs } from '#lib/ports/blobs';
import type { Python } from '#lib/ports/python';
import { packageAsk, packagesOf } from '../python-package.ts';
import type { ToolRunners } from './call.ts';

const DEFAULT_TIMEOUT_SECONDS = 30;

/**
 * Tools that are functions of a user's own package, run in `python`. What the function raises is an observation; that
 * there is no Python ends the run. A module that runs in Python holds a worker while its tool is called, so `python` should
 * be another pool than the modules'.
 */
export function pythonTool(
  python: Pick<Python, 'call'>,
  blobs: Pick<Blobs, 'get'>,
): NonNullable<ToolRunners['python']> {
  return async ({ python: target }, args, { workspaceId, signal }) => {
    const { function: entry, package: files, lock, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = target;
    if (files === undefined)
      throw new StepFailure('Effect.Failed', `${entry} names no files: dspex adopt ${entry} --tool gives them`);
    const refs = { package: files, ...(lock === undefined ? {} : { lock }) };
    const packages = packagesOf(refs, workspaceId, blobs);
    try {
      const { value } = await python.call({
        operation: 'call_tool',
        payload: { package: { ...files }, entry, args },
        timeoutMs: timeoutSeconds * 1000,
        waitMs: timeoutSeconds * 1000,
        asks: { package: packageAsk(refs, workspaceId, blobs) },
        ...(packages === undefined ? {} : { packages }),
        ...(signal === undefined ? {} : { signal }),
      });
      return value ?? null;
    } catch (error) {
      const { name, message } = failureOf(error);
      // Asking the model again would not bring Python here.
      if (name === 'Python.Unavailable') throw new StepFailure('Internal', message, { cause: error });
      throw error;
    }
  };
}
