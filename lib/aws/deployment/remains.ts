import { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteParametersCommand, GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { Unavailable } from '#lib/base/errors';
import { asking, faultOf } from '../client/fault.ts';
import { type AwsAccess, clientOptions, isEmulated } from '../client/options.ts';

const PATIENCE = { requestTimeoutMs: 30_000, maxAttempts: 5 };

/**
 * Deletes every version of every object: CloudFormation deletes no bucket that holds something. Gives how many there were;
 * a bucket that is not there has none.
 */
export async function emptyBucket(access: AwsAccess, Bucket: string): Promise<number> {
  const client = new S3Client({ ...clientOptions(access, PATIENCE), forcePathStyle: isEmulated(access) });
  let deleted = 0;
  try {
    for (;;) {
      // Always the first page: what it named is gone by the next time.
      const page = await asking(`listing of ${Bucket}`, () => client.send(new ListObjectVersionsCommand({ Bucket })));
      const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      if (found.length === 0) return deleted;
      const Objects = found.map(({ Key = '', VersionId }) => ({
        Key,
        ...(VersionId === undefined ? {} : { VersionId }),
      }));
      const { Errors = [] } = await asking(`emptying of ${Bucket}`, () =>
        client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })),
      );
      if (Errors.length > 0)
        throw new Unavailable('bucket_not_emptied', `${Bucket}: ${Errors.length} objects stay (${Errors[0]?.Code})`);
      deleted += Objects.length;
    }
  } catch (error) {
    if (faultOf((error as Error).cause)?.name === 'NoSuchBucket') return deleted;
    throw error;
  } finally {
    client.destroy();
  }
}

/** Deletes the parameters below a path such as `/dspex/prod/`: keys of the house and of its users. Gives their names. */
export async function deleteParameters(access: AwsAccess, path: string): Promise<string[]> {
  const client = new SSMClient(clientOptions(access, PATIENCE));
  const deleted: string[] = [];
  try {
    for (;;) {
      const { Parameters = [] } = await asking(`listing of ${path}`, () =>
        client.send(new GetParametersByPathCommand({ Path: path, Recursive: true, MaxResults: 10 })),
      );
      const Names = Parameters.flatMap(({ Name }) => (Name === undefined ? [] : [Name]));
      if (Names.length === 0) return deleted;
      await asking(`deletion below ${path}`, () => client.send(new DeleteParametersCommand({ Names })));
      deleted.push(...Names);
    }
  } finally {
    client.destroy();
  }
}
