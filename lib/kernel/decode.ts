import type * as z from 'zod';
import { InvalidInput, type Problem } from '#lib/base/errors';
import { pointerOf } from '#lib/base/pointer';
import type { ActionInfo, ResourceInfo } from './info.ts';

/** The input of an action as its code sees it; throws InvalidInput with every problem and its pointer. */
export function decode(info: ResourceInfo, action: ActionInfo, input: unknown): Record<string, unknown> {
  const parsed = action.input.safeParse(input ?? {}, { reportInput: true });
  if (!parsed.success) {
    const problems = problemsOf(parsed.error).map((problem) => ({
      ...problem,
      ...hint(info, action, problem.pointer),
    }));
    throw new InvalidInput('invalid_input', `${action.id} cannot take this input: ${summary(problems)}`, { problems });
  }
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
}

type Issue = z.core.$ZodIssue;
// zod says the options at run time; its type does not know of it yet.
type Union = z.core.$ZodIssueInvalidUnion & { options?: readonly unknown[] };

/** zod's issues by JSON Pointer, one for each unknown field, and inside unions those of the option that was meant. */
export function problemsOf(error: { issues: readonly Issue[] }): Problem[] {
  return error.issues.flatMap((issue) => problemsAt(issue, []));
}

function problemsAt(issue: Issue, above: readonly PropertyKey[]): Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), detail: 'there is no such field' }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return ofUnion(issue, path);
  return [{ pointer: pointerOf(path), detail: issue.code === 'invalid_union' ? noSuchKind(issue) : issue.message }];
}

/** What `kind` may be, and what it was. */
function noSuchKind({ message, discriminator, options, input }: Union): string {
  if (discriminator === undefined || options === undefined) return message;
  const there = (input as Record<string, unknown> | undefined)?.[discriminator];
  return `wanted one of ${options.join(', ')}; there was ${there === undefined ? 'nothing' : JSON.stringify(there).slice(0, 80)}`;
}

/** Options of another type than the value were not meant; of what remains, the one with the fewest mistakes was. */
function ofUnion(issue: Union, path: readonly PropertyKey[]): Problem[] {
  const meant = issue.errors
    .filter((issues) => !issues.some((one) => one.path.length === 0 && one.code === 'invalid_type'))
    .toSorted((a, b) => a.length - b.length)[0];
  if (meant !== undefined) return meant.flatMap((one) => problemsAt(one, path));
  if (issue.message !== 'Invalid input') return [{ pointer: pointerOf(path), detail: issue.message }];
  const wanted = issue.errors.flatMap((issues) => issues.flatMap((one) => ('expected' in one ? [one.expected] : [])));
  const detail = `wanted ${[...new Set(wanted)].join(' or ')}, there was ${typeName(issue.input)}`;
  return [{ pointer: pointerOf(path), detail }];
}

function typeName(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** An unknown field that is an attribute nonetheless deserves the reason. */
function hint(info: ResourceInfo, action: ActionInfo, pointer: string): { detail?: string } {
  const name = pointer.slice(1);
  if (Object.hasOwn(action.input.shape, name)) return {};
  if (Object.hasOwn(info.attributes, name))
    return { detail: info.attributes[name]?.readOnly ? 'is read-only' : `cannot be set by ${action.id}` };
  return Object.hasOwn(info.record.shape, name) ? { detail: 'is read-only' } : {};
}

function summary(problems: readonly Problem[]): string {
  const [first, ...more] = problems;
  if (first === undefined) return 'it is invalid';
  return `${first.pointer || 'the body'}: ${first.detail}${more.length === 0 ? '' : ` (and ${more.length} more)`}`;
}
