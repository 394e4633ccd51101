/**
 * The label DSPy derives from a field's name (`text2number` -> `Text 2 Number`). No prompt shows it; DSPy's saved state
 * holds it, with a colon.
 */
export function inferPrefix(name: string): string {
  return name
    .replace(/([^\n])([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([a-zA-Z])(\p{Nd})/gu, '$1_$2')
    .replace(/(\p{Nd})([a-zA-Z])/gu, '$1_$2')
    .split('_')
    .map((word) => (isUpper(word) ? word : capitalize(word)))
    .join(' ');
}

function isUpper(word: string): boolean {
  return word === word.toUpperCase() && word !== word.toLowerCase();
}

function capitalize(word: string): string {
  const [first = '', ...rest] = word;
  return first.toUpperCase() + rest.join('').toLowerCase();
}
