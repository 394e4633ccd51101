import type * as z from 'zod';
import { InvalidInput, type Problem } from '#lib/base/errors';
import { pointerOf } from '#lib/base/pointer';
import type { ActionInfo, ResourceInfo } from './info.ts';

/** The input of an action as its code sees it; throws InvalidInput with every problem and its pointer. */
export function decode(info: ResourceInfo, action: ActionInfo, input: unknown): Record<string, unknown> {
  const parsed = action.input.safeParse(input ?? {});
  if (!parsed.success) {
    const problems = problemsOf(parsed.error).map((problem) => ({
      ...problem,
      ...hint(info, action, problem.pointer),
    }));
    throw new InvalidInput('invalid_input', `${action.id} cannot take this input: ${summary(problems)}`, { problems });
  }
  return Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
}

/** zod's issues by JSON Pointer, one for each unknown field. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'there is no such field' }));
    return [{ pointer: pointerOf(issue.path), detail: issue.message }];
  });
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
