import type { LocalPython, LocalPythonOptions } from '#lib/local/python/python';
import type { PythonStatus } from '#lib/ports/python';
import { once } from './later.ts';

const UNASKED: Omit<PythonStatus, 'state'> = {
  workers: { starting: 0, idle: 0, busy: 0 },
  queued: 0,
  counts: { calls: 0, started: 0, ended: {} },
};

/** The local Python runtime, itself loaded with the first call. What it says until then is what it says before one. */
export function laterPython(options: LocalPythonOptions): LocalPython {
  let opened: LocalPython | null = null;
  let closed = false;
  const open = once(async () => {
    const { localPython } = await import('#lib/local/python/python');
    opened = localPython(options);
    // It refuses what comes after its end by itself.
    if (closed) await opened.close();
    return opened;
  });
  return {
    call: async (request) => (await open()).call(request),
    prepare: async () => (await open()).prepare(),
    status: () => opened?.status() ?? { state: closed ? 'closed' : 'cold', ...UNASKED },
    close: async (graceMs) => {
      closed = true;
      await opened?.close(graceMs);
    },
  };
}
