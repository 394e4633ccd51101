import { createHash } from 'node:crypto';
import { canonicalJson } from '#lib/base/json';
import type { Example } from './example.ts';

/** SHA-256 over the examples in order: the identity of a dataset version. Key order inside an example does not count. */
export function datasetChecksum(examples: Iterable<Example>): string {
  const hash = createHash('sha256');
  for (const example of examples) hash.update(`${canonicalJson(example)}\n`);
  return hash.digest('hex');
}
