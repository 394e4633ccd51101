/** A row of a table in Markdown, on standard output. */
export const line = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);

/** The head of a table, behind an empty line. */
export function head(...cells: string[]): void {
  console.log('');
  line(cells);
  line(cells.map(() => '---'));
}
