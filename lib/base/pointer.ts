/** The RFC 6901 JSON Pointer to a place in a value: `/a~1b/0`; `''` is the whole. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
