const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const MARKS = /\p{M}/gu;
// Scripts written without spaces: what the pattern above takes for one word is a sentence.
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/** The words a text is found by: lower case, accents off; of scripts without spaces, every two neighbouring characters. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.normalize('NFKD').toLowerCase().matchAll(WORD)) {
    const plain = word.replace(MARKS, '');
    if (plain === '') continue;
    if (!UNSPACED.test(plain)) {
      words.push(plain);
      continue;
    }
    const characters = [...plain];
    if (characters.length === 1) words.push(plain);
    for (let i = 0; i + 1 < characters.length; i++) words.push(`${characters[i]}${characters[i + 1]}`);
  }
  return words;
}
