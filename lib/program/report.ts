/** Where problems go: a JSON Pointer below the program, and what is wrong there. */
export type Report = (pointer: string, detail: string) => void;

/** `no module "answr"; there are [answerer, retriever]`. */
export function noSuch(what: string, name: string, known: object): string {
  const names = Object.keys(known);
  return `no ${what} ${JSON.stringify(name)}; there are [${names.slice(0, 50).join(', ')}${names.length > 50 ? ', ...' : ''}]`;
}
