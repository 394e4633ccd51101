import { fileURLToPath } from 'node:url';

/** Where `dspex_host` and the lock stand: beside `lib`, in the sources as in the package. */
export const HOST_FOLDER = fileURLToPath(new URL('../../../python-lambda/', import.meta.url));
