import type { Signature } from '#lib/signature/signature';

const HEADER = /(^|\n)[ \t]*\[\[ ## ([\p{L}\p{N}_]+) ## \]\]/u;
const OPEN = '[[ ## ';
const CLOSE = ' ## ]]';

export interface FieldPiece {
  field: string;
  text: string;
}

/**
 * Splits a growing chat answer into pieces by output field. Blanks and a possible marker are held back until what
 * follows is known, so the pieces of a field join to the text `parse` reads. Other fields are left out.
 */
export function chatStream(signature: Signature): (delta: string) => FieldPiece[] {
  const outputs = new Set(signature.outputs.map(({ name }) => name));
  let field: string | undefined;
  let pending = '';
  let started = false;
  let atLineStart = true;

  const take = (pieces: FieldPiece[], text: string): void => {
    const content = started ? text : text.trimStart();
    if (content === '') return;
    started = true;
    if (field !== undefined) pieces.push({ field, text: content });
  };

  return (delta) => {
    const pieces: FieldPiece[] = [];
    pending += delta;
    for (;;) {
      // Without a line start before it, text at index 0 continues a line and cannot be a marker.
      const header = HEADER.exec(atLineStart ? pending : `\0${pending}`);
      if (header === null) break;
      const start = header.index - (atLineStart ? 0 : 1);
      take(pieces, pending.slice(0, start).trimEnd());
      const name = header[2] ?? '';
      field = outputs.delete(name) ? name : undefined;
      started = false;
      atLineStart = false;
      pending = pending.slice(start + header[0].length);
    }
    const line = pending.lastIndexOf('\n') + 1;
    const held = (line > 0 || atLineStart) && mayBecomeHeader(pending.slice(line)) ? line : pending.length;
    const ready = pending.slice(0, held).trimEnd();
    if (ready !== '') atLineStart = false;
    take(pieces, ready);
    pending = pending.slice(ready.length);
    return pieces;
  };
}

function mayBecomeHeader(line: string): boolean {
  const text = line.trimStart();
  if (text.length < OPEN.length) return OPEN.startsWith(text);
  if (!text.startsWith(OPEN)) return false;
  const rest = /^[\p{L}\p{N}_]*(.*)$/su.exec(text.slice(OPEN.length))?.[1] ?? '';
  return CLOSE.startsWith(rest);
}
