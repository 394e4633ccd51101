import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { InvalidInput } from '#lib/base/errors';
import { asking, faultOf } from '../client/fault.ts';
import type { SecretSource } from './source.ts';

/** SecureStrings of the Parameter Store under `/prefix/`, encrypted with the account's key or the one given. */
export function parameterStore(client: SSMClient, prefix: string, keyId?: string): SecretSource {
  const nameOf = (name: string) => `/${prefix}/${name}`;
  return {
    maxBytes: 4096,
    read: (name) =>
      asking('read of a parameter', async () => {
        try {
          const { Parameter } = await client.send(
            new GetParameterCommand({ Name: nameOf(name), WithDecryption: true }),
          );
          return Parameter?.Value ?? null;
        } catch (error) {
          if (faultOf(error)?.name === 'ParameterNotFound') return null;
          throw error;
        }
      }),
    write: async (name, value) => {
      // The Parameter Store reads `{{name}}` as a reference to another parameter and refuses it.
      if (/\{\{[^}]*\}\}/.test(value))
        throw new InvalidInput('secret_value_invalid', 'a value with {{...}} in it cannot be kept as a parameter');
      await asking('write of a parameter', () =>
        client.send(
          new PutParameterCommand({
            Name: nameOf(name),
            Value: value,
            Type: 'SecureString',
            Overwrite: true,
            ...(keyId === undefined ? {} : { KeyId: keyId }),
          }),
        ),
      );
    },
  };
}
