import type { Graph } from '#lib/program/graph';
import { expression, type Known } from './nodes.ts';

/** The callback of `output`: references where their type is known, else expressions. */
export function outputCode(output: Graph['output'], known: Known): { code: string } {
  const members = Object.entries(output).map(([name, text]) => {
    const value = known.has(text) ? text : expression(text, 'unknown');
    return { name, value };
  });
  const names = ['input', 'nodes'].filter((name) => members.some(({ value }) => value.startsWith(`${name}.`)));
  const view = names.length === 0 ? '()' : `({ ${names.join(', ')} })`;
  return {
    code: `${view} => ({ ${members.map(({ name, value }) => `${name === '__proto__' ? '["__proto__"]' : name}: ${value}`).join(', ')} })`,
  };
}
