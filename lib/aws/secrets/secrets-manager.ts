import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { asking, faultOf } from '../client/fault.ts';
import type { SecretSource } from './source.ts';

/** Secrets of Secrets Manager called `prefix/NAME`. */
export function secretsManager(client: SecretsManagerClient, prefix: string, keyId?: string): SecretSource {
  const nameOf = (name: string) => `${prefix}/${name}`;
  const isMissing = (error: unknown) => faultOf(error)?.name === 'ResourceNotFoundException';
  const replace = (SecretId: string, SecretString: string) =>
    client.send(new PutSecretValueCommand({ SecretId, SecretString }));
  return {
    maxBytes: 65_536,
    read: (name) =>
      asking('read of a secret', async () => {
        try {
          const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: nameOf(name) }));
          return SecretString ?? null;
        } catch (error) {
          if (isMissing(error)) return null;
          throw error;
        }
      }),
    write: (name, value) =>
      asking('write of a secret', async () => {
        try {
          await replace(nameOf(name), value);
        } catch (error) {
          if (!isMissing(error)) throw error;
          const key = keyId === undefined ? {} : { KmsKeyId: keyId };
          try {
            await client.send(new CreateSecretCommand({ Name: nameOf(name), SecretString: value, ...key }));
          } catch (failure) {
            // Somebody else has just made it.
            if (faultOf(failure)?.name !== 'ResourceExistsException') throw failure;
            await replace(nameOf(name), value);
          }
        }
      }),
  };
}
