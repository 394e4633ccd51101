import { existsSync, readFileSync } from 'node:fs';

// Sources lie one folder below package.json, their compiled form two.
const manifest = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url) && 'version' in (JSON.parse(readFileSync(url, 'utf8')) as object));

/** Of the package. */
export const version: string =
  manifest === undefined ? '0.0.0' : (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
