import { jsonEnd, jsonGrammar, quote } from './json-grammar.ts';
import type { Hole } from './structure.ts';

/**
 * How a hole is decoded: the grammar that limits the tokens (none = free), and `end`, which says how much of the text so
 * far is the value once it is complete, plus what else is certain to follow (`rest`), which need not be decoded.
 */
export interface HoleRule {
  /** May the text be shown while it grows? What is short or may be taken back is not. */
  streams?: true;
  grammar: string | null;
  end(text: string): { length: number; rest: string } | null;
}

// A field is one paragraph. Small models like to copy the placeholder `{answer}`, to open with blank lines or a code
// fence, to answer nothing at all, and never to stop.
const FIELD_TEXT = [
  'root ::= line ("\\n" line)* "\\n\\n"',
  'line ::= [^ #\\n\\t{<\\[`] ([^\\n<\\[] | "[" [^\\[\\n] | "<" [^/\\n])* mark?',
  'mark ::= ("[[" | "</") [^\\n]*',
].join('\n');

/** `until` begins the text that follows the hole; '' in JSON, where a value shows its own end. */
export function holeRule(hole: Hole, until: string): HoleRule {
  switch (hole.kind) {
    case 'text':
      return { streams: true, grammar: until === '' ? null : FIELD_TEXT, end: (text) => cut(text, until) };
    case 'choice':
      return {
        grammar: `root ::= (${hole.options.map(quote).join(' | ')}) [\\n,]+`,
        end: (text) => onlyChoice(text, hole.options),
      };
    case 'integer':
      return { grammar: 'root ::= "-"? ("0" | [1-9] [0-9]{0,14}) [\\n,]+', end: firstLine };
    case 'float':
      return { grammar: 'root ::= "-"? [0-9]{1,15} ("." [0-9]{1,9})? [\\n,]+', end: firstLine };
    case 'json':
      return {
        grammar: `${jsonGrammar(hole.schema)}\n`.replace(/^root ::= (.*)$/mu, 'root ::= ($1) [\\n,]?'),
        end: (text) => {
          const length = jsonEnd(text);
          return length < 0 ? null : { length, rest: '' };
        },
      };
  }
}

function cut(text: string, until: string): { length: number; rest: string } | null {
  const ends = until === '' ? [] : ['\n\n', until].map((end) => text.indexOf(end)).filter((at) => at >= 0);
  return ends.length === 0 ? null : { length: Math.min(...ends), rest: '' };
}

function firstLine(text: string): { length: number; rest: string } | null {
  const at = text.search(/[\n,]/u);
  return at < 0 ? null : { length: at, rest: '' };
}

function onlyChoice(text: string, options: readonly string[]): { length: number; rest: string } | null {
  const possible = options.filter((option) => option.startsWith(text));
  const [only] = possible;
  if (possible.length === 1 && only !== undefined) return { length: text.length, rest: only.slice(text.length) };
  // Nothing starts with the text: its end was written too, so the longest option it starts with is the choice.
  if (possible.length > 0) return null;
  const written = options.filter((option) => text.startsWith(option)).sort((a, b) => b.length - a.length)[0];
  return { length: written?.length ?? text.length, rest: '' };
}
