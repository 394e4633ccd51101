import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { redact } from '#lib/lm/failures';
import { bodyValue } from '#lib/outbound/body';
import type { Outbound, OutboundReply } from '#lib/outbound/exchange';
import type { Secrets } from '#lib/ports/secrets';
import type { ToolCall, ToolRunners } from './call.ts';
import type { HttpTarget } from './declaration.ts';
import { withoutSecret } from './without-secret.ts';

// What a model can read, many times over.
const MAX_REPLY_BYTES = 256 * 1024;
const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_REDIRECTS = 3;
const SHOWN_OF_AN_ERROR = 500;

/**
 * Tools over HTTP: arguments go into the address where it names them, else into the query (GET, DELETE) or the JSON body.
 * A reply that is no 2xx is an error, told with its beginning: the model may learn from it.
 */
export function httpTool(outbound: Outbound, secrets: Pick<Secrets, 'get'>): NonNullable<ToolRunners['http']> {
  return async ({ http }, args, call) => {
    const secret = await secretOf(http.secretRef, secrets);
    const reply = await outbound({
      ...requestOf(http, args, call),
      ...(secret === undefined ? {} : { headers: { ...headersOf(http, call), authorization: `Bearer ${secret}` } }),
      timeoutSeconds: http.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      maxBytes: MAX_REPLY_BYTES,
      redirects: MAX_REDIRECTS,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    return readReply(reply, secret);
  };
}

/** The value behind a secret's name; throws StepFailure when there is none. */
export async function secretOf(
  reference: string | undefined,
  secrets: Pick<Secrets, 'get'>,
): Promise<string | undefined> {
  if (reference === undefined) return undefined;
  const secret = await secrets.get(reference);
  if (secret === null) throw new StepFailure('Effect.Failed', `there is no secret "${reference}"`);
  return secret;
}

/** A server may send back what it was sent: the secret is taken out of what the model sees. */
function readReply(reply: OutboundReply, secret: string | undefined): Json {
  const { status, body, url } = reply;
  if (status < 200 || status > 299) {
    const text = redact(body.toString().slice(0, SHOWN_OF_AN_ERROR), secret === undefined ? [] : [secret]);
    throw new StepFailure('Effect.Failed', `${url.origin} answered ${status}${text === '' ? '' : `: ${text}`}`, {
      details: { status },
    });
  }
  return withoutSecret(bodyValue(reply), secret);
}

const headersOf = ({ headers }: HttpTarget, call: ToolCall): Record<string, string> => ({
  accept: 'application/json, text/*;q=0.9',
  ...headers,
  'idempotency-key': call.idempotencyKey,
});

function requestOf(http: HttpTarget, args: JsonObject, call: ToolCall) {
  const { method } = http;
  const { url, rest } = addressOf(http.url, args);
  const headers = headersOf(http, call);
  if (method === 'GET' || method === 'DELETE') {
    for (const [name, value] of Object.entries(rest)) url.searchParams.set(name, textOf(value));
    return { method, url, headers };
  }
  return { method, url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(rest) };
}

const PLACE = /\{([A-Za-z_][A-Za-z0-9_]*)\}/gu;

/** The arguments an address names, put in escaped; and those it does not. An argument can never change host or folder. */
export function addressOf(template: string, args: JsonObject): { url: URL; rest: JsonObject } {
  const rest = { ...args };
  const text = template.replace(PLACE, (_whole, name: string) => {
    const value = Object.hasOwn(args, name) ? textOf(args[name] ?? null) : '';
    delete rest[name];
    if (value === '.' || value === '..')
      throw new StepFailure('Input.Invalid', `"${value}" cannot stand for ${name} in ${template}`);
    return encodeURIComponent(value);
  });
  return { url: new URL(text), rest };
}

/** Names the address takes from the arguments. */
export function placesOf(template: string): string[] {
  return [...template.matchAll(PLACE)].map(([, name = '']) => name);
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
