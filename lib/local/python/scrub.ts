// What a Python process may know of the machine. Keys, tokens, proxies with passwords and the home folder are not in it.
const ALLOWED = /^(PATH|LANG|LC_\w+|TZ|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|LD_LIBRARY_PATH)$/;

/**
 * The whole environment of a worker: the allowed names of `environment`, those the user lends by name, and what makes
 * Python and DSPy behave. `home` is a scratch folder, so that no credentials file is found below it.
 */
export function workerEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  options: { home: string; path: readonly string[]; lent?: readonly string[] },
): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (ALLOWED.test(entry[0]) || options.lent?.includes(entry[0]) === true),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: options.home,
    PYTHONPATH: options.path.join(':'),
    // Sets are rendered in their order: it must be the same in every worker.
    PYTHONHASHSEED: '0',
    PYTHONNOUSERSITE: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONUTF8: '1',
    DSPY_CACHEDIR: `${options.home}/dspy`,
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    // Otherwise it reads the `.env` files of the folders above.
    LITELLM_MODE: 'PRODUCTION',
  };
}
