import type { Secrets } from '#lib/ports/secrets';

// The process's own key and whatever signs for it. A program chooses where its secrets are sent: with these, whoever may
// write a program could become whoever runs the house.
const OWN = /^(env:DSPEX_|local:cursor-key$|local:house\.)/;
// An environment holds more than models' keys (a cloud's credentials, a database's password), and none of that was put
// there for programs to send.
const MODEL_KEY = /^env:\w+_API_KEY$/;

/**
 * The secrets that models and effects of programs may name: those of the data folder, and of the environment the names
 * ending in `_API_KEY` and those listed in `lent`. All others are as if they were not there.
 */
export function lentSecrets(secrets: Secrets, lent: readonly string[] = []): Pick<Secrets, 'get'> {
  const lends = (reference: string): boolean => {
    if (OWN.test(reference)) return false;
    return !reference.startsWith('env:') || MODEL_KEY.test(reference) || lent.includes(reference.slice('env:'.length));
  };
  return { get: async (reference) => (lends(reference) ? secrets.get(reference) : null) };
}
