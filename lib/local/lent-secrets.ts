import type { Secrets } from '#lib/ports/secrets';

// The process's own key and whatever signs for it. A program chooses where its secrets are sent: with these, whoever may
// write a program could become whoever runs the house.
const OWN = /^(env:DSPEX_|local:cursor-key$)/;

/** The secrets that models and effects of programs may name: all but the house's own, which are as if they were not there. */
export function lentSecrets(secrets: Secrets): Pick<Secrets, 'get'> {
  return { get: (reference) => (OWN.test(reference) ? Promise.resolve(null) : secrets.get(reference)) };
}
