import type { Clock } from '#lib/base/clock';
import { InvalidInput } from '#lib/base/errors';
import type { Secrets } from '#lib/ports/secrets';
import type { SecretSource } from './source.ts';

export interface AwsSecretsParts {
  sources: Readonly<Record<Scheme, SecretSource>>;
  /** Where `put` writes. Parameters cost nothing at rest and hold 4 KB; a secret costs $0.40 a month and holds 64 KB. */
  writesTo: Scheme;
  clock: Clock;
}

/** `ssm:NAME` is a SecureString of the Parameter Store, `secret:NAME` a secret of Secrets Manager, both under our prefix. */
export type Scheme = 'ssm' | 'secret';

/** A value that was changed elsewhere is seen after this long at the latest. */
const CACHE_MS = 5 * 60_000;

/**
 * The Secrets port. Values live in this process for five minutes and nowhere else of ours. No message ever repeats a
 * reference or a value: people paste keys into the wrong field.
 */
export class AwsSecrets implements Secrets {
  readonly #parts: AwsSecretsParts;
  readonly #cache = new Map<string, { value: string; until: number }>();

  constructor(parts: AwsSecretsParts) {
    this.#parts = parts;
  }

  async get(reference: string): Promise<string | null> {
    const [, scheme, name = ''] = /^(ssm|secret):([A-Za-z0-9_.-]{1,128})$/.exec(reference) ?? [];
    // Of another home: there is no such secret in this one.
    if (/^(env|local):[A-Za-z0-9_.-]{1,200}$/.test(reference)) return null;
    if (scheme === undefined)
      throw new InvalidInput('secret_reference_invalid', 'a secret is named ssm:NAME or secret:NAME');
    const now = this.#parts.clock.now();
    const known = this.#cache.get(reference);
    if (known !== undefined && known.until > now) return known.value;
    const value = await this.#parts.sources[scheme as Scheme].read(name);
    // That there is none is not remembered: it is what somebody is about to mend.
    if (value === null) this.#cache.delete(reference);
    else this.#cache.set(reference, { value, until: now + CACHE_MS });
    return value;
  }

  async put(name: string, value: string): Promise<string> {
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name))
      throw new InvalidInput('secret_name_invalid', 'the name of a secret is 1 to 128 letters, digits, _, . and -');
    const { sources, writesTo, clock } = this.#parts;
    const source = sources[writesTo];
    const bytes = Buffer.byteLength(value);
    if (bytes < 1 || bytes > source.maxBytes)
      throw new InvalidInput(
        'secret_value_invalid',
        `a secret has 1 to ${source.maxBytes} bytes where ${writesTo} keeps it, this one has ${bytes}`,
      );
    await source.write(name, value);
    const reference = `${writesTo}:${name}`;
    this.#cache.set(reference, { value, until: clock.now() + CACHE_MS });
    return reference;
  }
}
