import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { InvalidInput, TooLarge } from '#lib/base/errors';
import { isJsonObject, type Json } from '#lib/base/json';

/** Small enough, packed and in base64, for what one Lambda invocation may answer. */
export const MAX_PACKED_BYTES = 4 * 1024 * 1024;
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_FILES = 2000;

/** The archive of an adopted package, checked: gzipped JSON `{files: {path: base64}}`. Throws InvalidInput, TooLarge. */
export async function readPackage(
  upload: AsyncIterable<Uint8Array>,
): Promise<{ packed: Uint8Array; files: Record<string, string> }> {
  const parts: Uint8Array[] = [];
  for await (const part of upload) parts.push(part);
  const packed = Buffer.concat(parts);
  const files = filesIn(await unpacked(packed));
  const names = Object.keys(files);
  if (names.length === 0 || names.length > MAX_FILES)
    throw invalid(`a package has 1 to ${MAX_FILES} files, this has ${names.length}`);
  for (const name of names) {
    const parts = name.split('/');
    if (
      name.includes('\\') ||
      name.includes('\0') ||
      parts.some((part) => part === '' || part === '.' || part === '..')
    )
      throw invalid(
        `wanted paths inside the package, such as hops/program.py; there was ${JSON.stringify(name.slice(0, 200))}`,
      );
  }
  return { packed, files };
}

async function unpacked(packed: Buffer): Promise<string> {
  try {
    return (await promisify(gunzip)(packed, { maxOutputLength: MAX_BYTES })).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new TooLarge('package_too_large', `a package has at most ${MAX_BYTES} bytes when it is unpacked`);
    throw invalid('the body is no gzip');
  }
}

function filesIn(text: string): Record<string, string> {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw invalid('there is no JSON in the gzip');
  }
  const files = isJsonObject(value) ? value.files : undefined;
  if (!isJsonObject(files ?? null) || !Object.values(files as object).every((content) => typeof content === 'string'))
    throw invalid('wanted {"files": {path: content in base64}}');
  return files as Record<string, string>;
}

/**
 * The `requirements.lock` of a program: beside its module, or in a folder above. Throws InvalidInput for one without
 * hashes: what a version runs must be the same bytes tomorrow.
 */
export function lockOf(entry: string, files: Readonly<Record<string, string>>): string | undefined {
  const folders = entry.split(':')[0]?.split('.').slice(0, -1) ?? [];
  for (let depth = folders.length; depth >= 0; depth--) {
    const path = [...folders.slice(0, depth), 'requirements.lock'].join('/');
    const content = files[path];
    if (content === undefined) continue;
    const text = Buffer.from(content, 'base64').toString('utf8');
    const bare = text
      .replace(/\\\r?\n/g, ' ')
      .split(/\r?\n/)
      .find((line) => /^\s*[A-Za-z0-9]/.test(line) && !/--hash=sha256:[0-9a-f]{64}/.test(line));
    if (bare !== undefined)
      throw invalid(
        `${path} needs a hash for every package (pip-compile --generate-hashes); there is none for ${bare.trim().slice(0, 100)}`,
      );
    return text.trim() === '' ? undefined : text;
  }
  return undefined;
}

function invalid(detail: string): InvalidInput {
  return new InvalidInput('package_invalid', `This is no package to adopt: ${detail}.`);
}
