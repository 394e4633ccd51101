import { InvalidInput, Unavailable } from '#lib/base/errors';
import { failureOf } from '#lib/base/failure';

/** What a caller is told when a package could not be looked into: its own fault, or that there is no Python. */
export function adoptRefusal(entry: string, error: unknown, limitMs: number): unknown {
  const { name, message } = failureOf(error);
  return SAID[name]?.(entry, message, limitMs / 1000) ?? error;
}

type Said = (entry: string, message: string, seconds: number) => Error;
const refused: Said = (_, message) => new InvalidInput('program_not_adoptable', message);
const unavailable: Said = (_, message) => new Unavailable('python_unavailable', message);
const SAID: Readonly<Record<string, Said>> = {
  'Input.Invalid': refused,
  'Python.Raised': refused,
  'Step.Timeout': (entry, _, seconds) =>
    new InvalidInput(
      'program_not_adoptable',
      `importing and making ${entry} took longer than ${seconds} seconds and was ended`,
    ),
  'Python.Crashed': (entry, message) =>
    new InvalidInput('program_not_adoptable', `importing and making ${entry} ended the process: ${message}`),
  'Model.Unavailable': (entry, message) =>
    new InvalidInput('program_not_adoptable', `${entry} asks a model while it is imported: ${message}`),
  'Python.Unavailable': unavailable,
  'Python.Saturated': unavailable,
};
