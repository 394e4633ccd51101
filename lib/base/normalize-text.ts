// ASCII punctuation, as Python's string.punctuation.
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// Python's \b sees letters, numbers and _ as words and combining marks as none, so in NFD "à" is an article and a mark.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
// What Python's str.split() splits at; JavaScript's \s has U+FEFF and lacks the separators 1C to 1F and 85.
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** DSPy's `normalize_text`: NFD, lower case, no ASCII punctuation, no a/an/the, single spaces. */
export function normalizeText(text: string): string {
  return words(text.normalize('NFD').toLowerCase().replace(PUNCTUATION, '').replace(ARTICLES, ' ')).join(' ');
}

/** Split at white space as Python does; no empty pieces. */
export function words(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}
