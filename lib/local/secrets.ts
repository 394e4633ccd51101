import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput, Unavailable } from '#lib/base/errors';
import { isJsonObject, type Json } from '#lib/base/json';
import type { Secrets } from '#lib/ports/secrets';
import { asUnavailable, writeAtomically } from './folder/atomic-write.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The Secrets port: `env:NAME` is read from the environment, `local:NAME` from `secrets.json`, which its owner alone can
 * read. No message ever repeats a reference or a value: people paste keys into the wrong field.
 */
export class LocalSecrets implements Secrets {
  readonly #path: string;
  readonly #environment: Environment;
  // Puts happen one after the other: each reads the file and writes it whole.
  #last: Promise<unknown> = Promise.resolve();

  constructor(dir: string, environment: Environment) {
    this.#path = join(dir, 'secrets.json');
    this.#environment = environment;
  }

  async get(reference: string): Promise<string | null> {
    const [, scheme = '', name = ''] = /^(env|local):([A-Za-z0-9_.-]{1,128})$/.exec(reference) ?? [];
    if (scheme === 'env') return (Object.hasOwn(this.#environment, name) ? this.#environment[name] : null) ?? null;
    if (scheme === 'local') return (await this.#read()).get(name) ?? null;
    throw new InvalidInput('secret_reference_invalid', 'a secret is named env:NAME or local:NAME');
  }

  async put(name: string, value: string): Promise<string> {
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name))
      throw new InvalidInput('secret_name_invalid', 'the name of a secret is 1 to 128 letters, digits, _, . and -');
    const put = this.#last.then(async () => {
      const secrets = (await this.#read()).set(name, value);
      await writeAtomically(this.#path, `${JSON.stringify(Object.fromEntries(secrets))}\n`);
    });
    this.#last = put.catch(() => undefined);
    await put;
    return `local:${name}`;
  }

  async #read(): Promise<Map<string, string>> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}';
      throw asUnavailable(error, this.#path);
    });
    const secrets = parsed(text);
    // Without a cause: what cannot be parsed may be quoted in it.
    if (!isJsonObject(secrets))
      throw new Unavailable('secrets_damaged', `${this.#path} is not a JSON object of secrets`);
    return new Map(Object.entries(secrets).map(([name, value]) => [name, String(value)]));
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
