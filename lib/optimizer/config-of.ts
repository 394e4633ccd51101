import type * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import type { History } from './spec.ts';

/** The history's configuration as the strategy's schema reads it; every problem of a wrong one with its path. */
export function configOf<T>(schema: z.ZodType<T>, history: History, strategy: string): T {
  const parsed = schema.safeParse(history.config);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    pointer: issue.path.map((part) => `/${String(part)}`).join(''),
    detail: issue.message,
  }));
  const message = `not a configuration of ${strategy}: ${problems.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ')}`;
  throw new InvalidInput('optimizer_config', message.slice(0, 1000), { problems });
}
