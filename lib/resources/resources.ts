import { nouns } from './nouns.ts';

/** All declarations at once, for documents and checks; a running house takes the `nouns` and loads what it needs. */
export const resources = await Promise.all(nouns.map(({ load }) => load()));
