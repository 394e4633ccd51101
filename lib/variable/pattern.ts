const MAX_LENGTH = 1000;

/**
 * Why a pattern cannot be used, or undefined. Patterns come from users and run on our threads, so what can take
 * exponential time is refused before it is ever run: back references, look-arounds, and a repeated group that itself
 * repeats or alternates.
 */
export function patternTrouble(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const bare = pattern.replace(/\\[^1-9k]/gu, 'x').replace(/\[(?:[^\]\\]|\\.)*\]/gu, 'x');
  if (/\\[1-9k]/u.test(bare)) return 'back references are not allowed';
  if (/\(\?<?[=!]/u.test(bare)) return 'look-around is not allowed';
  const open: { inner: boolean }[] = [];
  for (let i = 0; i < bare.length; i++) {
    const at = bare[i] ?? '';
    const parent = open.at(-1);
    if (at === '(') open.push({ inner: false });
    else if (at === '|' && parent !== undefined) parent.inner = true;
    else if (at === ')') {
      const group = open.pop();
      const repeated = /^([*+]|\{\d+,?\d*\})/u.test(bare.slice(i + 1));
      if (repeated && group?.inner) return 'a repeated group may not repeat or alternate inside';
      const outer = open.at(-1);
      if (outer !== undefined && group?.inner) outer.inner = true;
    } else if (parent !== undefined && '*+?{'.includes(at) && bare[i - 1] !== '(') parent.inner = true;
  }
  if ((bare.match(/[*+]|\{\d+,/gu) ?? []).length > 4) return 'at most 4 open repetitions are allowed';
  return undefined;
}

/** Does the whole text match? Texts over 1000 characters never do. */
export function matchesPattern(pattern: string, text: string): boolean {
  return text.length <= MAX_LENGTH && new RegExp(`^(?:${pattern})$`, 'u').test(text);
}
