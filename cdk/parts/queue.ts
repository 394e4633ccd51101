import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { MAX_RECEIVES } from '#lib/ports/queue';

export interface QueueParts {
  queueName: string;
  deadLettersName: string;
  /** Six times as long as its function may take, as AWS asks for. */
  visibilitySeconds: number;
  key: IKey | undefined;
}

/** A queue with its dead letters, both encrypted and spoken to over TLS only. */
export function queueWithDeadLetters(scope: Construct, id: string, parts: QueueParts): Queue {
  return new Queue(scope, id, {
    queueName: parts.queueName,
    visibilityTimeout: Duration.seconds(parts.visibilitySeconds),
    retentionPeriod: Duration.days(14),
    enforceSSL: true,
    ...encryption(parts.key),
    deadLetterQueue: {
      maxReceiveCount: MAX_RECEIVES,
      queue: deadLetters(scope, `${id}Dead`, parts.deadLettersName, parts.key),
    },
  });
}

export function deadLetters(scope: Construct, id: string, queueName: string, key: IKey | undefined): Queue {
  return new Queue(scope, id, {
    queueName,
    retentionPeriod: Duration.days(14),
    enforceSSL: true,
    ...encryption(key),
  });
}

function encryption(key: IKey | undefined) {
  return key === undefined
    ? { encryption: QueueEncryption.SQS_MANAGED }
    : { encryption: QueueEncryption.KMS, encryptionMasterKey: key };
}
