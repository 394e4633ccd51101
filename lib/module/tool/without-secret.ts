import type { Json } from '#lib/base/json';

/** The value without a secret in any of its texts and names: a server may send back what it was sent. */
export function withoutSecret(value: Json, secret: string | undefined): Json {
  if (secret === undefined || secret === '') return value;
  const clean = (text: string): string => text.replaceAll(secret, '[redacted]');
  const walk = (part: Json): Json => {
    if (typeof part === 'string') return clean(part);
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(walk);
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [clean(name), walk(member)]));
  };
  return walk(value);
}
