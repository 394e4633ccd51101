import type { AwsAccess } from '#lib/aws/client/options';

/**
 * What becomes of a request: turned away for the moment, refused by a transaction that is in the way, refused for good,
 * or carried out and never answered.
 */
export type Disturbance = 'throttled' | 'conflict' | 'expired' | 'lost' | null;

/** As far as the SDK's handler of HTTP requests is used here. */
interface HttpHandler {
  handle(request: HttpRequest, options: unknown): Promise<{ response: unknown }>;
}
interface HttpRequest {
  method: string;
  headers: Record<string, string>;
}
/** What the SDK hands to who changes a client as it is made. */
interface Configured {
  httpHandler(): HttpHandler;
  setHttpHandler(handler: HttpHandler): void;
}

/** `DynamoDB_20120810.GetItem`, `AmazonSQS.SendMessage`; of S3, which has no such header, the method. */
export type DisturbedBy = (operation: string) => Disturbance;

/**
 * The same access over a bad network, for every client that is made with it: below the clients' own retries, which see
 * what they would see of AWS. What is turned away is never sent; what is lost was carried out.
 */
export function disturbed(access: AwsAccess, by: DisturbedBy): AwsAccess {
  const configure = (client: Configured): void => {
    const inner = client.httpHandler();
    const handle: HttpHandler['handle'] = async (request, options) => {
      const operation = request.headers['x-amz-target'];
      const disturbance = by(operation ?? request.method);
      if (disturbance === 'lost') {
        await inner.handle(request, options);
        throw Object.assign(new Error('injected: no answer'), { name: 'TimeoutError' });
      }
      const refusal = disturbance === null ? null : REFUSALS[disturbance];
      if (refusal === null || (disturbance === 'conflict' && !operation?.endsWith('TransactWriteItems')))
        return inner.handle(request, options);
      return { response: operation === undefined ? asXml(refusal) : asJson(refusal) };
    };
    client.setHttpHandler(Object.assign(Object.create(inner) as HttpHandler, { handle }));
  };
  // The SDK's own door for such changes; `clientOptions` hands on whatever access has.
  return { ...access, extensions: [{ configure }] } as AwsAccess;
}

interface Refusal {
  /** Of the JSON protocols, and of S3. */
  type: string;
  code: string;
  status: number;
  more?: object;
}

const REFUSALS: Record<Exclude<Disturbance, 'lost' | null>, Refusal> = {
  throttled: { type: 'ThrottlingException', code: 'SlowDown', status: 503 },
  expired: { type: 'ExpiredTokenException', code: 'ExpiredToken', status: 400 },
  conflict: {
    ...{ type: 'TransactionCanceledException', code: '', status: 400 },
    more: { CancellationReasons: [{ Code: 'TransactionConflict' }] },
  },
};

function asJson({ type, more }: Refusal): unknown {
  const body = Buffer.from(JSON.stringify({ __type: type, message: 'injected', ...more }));
  return { statusCode: 400, headers: { 'content-type': 'application/x-amz-json-1.0' }, body };
}

function asXml({ code, status }: Refusal): unknown {
  const body = Buffer.from(`<Error><Code>${code}</Code><Message>injected</Message></Error>`);
  return { statusCode: status, headers: { 'content-type': 'application/xml' }, body };
}
