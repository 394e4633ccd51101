/**
 * Names an expression may speak of: its identifiers that begin a path, outside of strings and comments. An
 * over-approximation is harmless, since callers keep only the names of variables that exist.
 */
export function referencedNames(expression: string): Set<string> {
  const bare = expression
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""')
    .replace(/`([^`]*)`/g, '$1');
  return new Set(Array.from(bare.matchAll(/(?<![\w.$])[A-Za-z_]\w*/g), (match) => match[0]));
}
