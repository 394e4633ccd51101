import { isIP } from 'node:net';
import { StepFailure } from '#lib/base/failure';
import { isLinkLocal, isPublic } from './address.ts';

/** Which hosts that are not public may be reached all the same: `host` or `host:port`, as in `localhost:8080`. */
export interface Rules {
  allow: readonly string[];
}

export function refused(url: URL, why: string): StepFailure {
  return new StepFailure('Effect.Failed', `${url.origin} may not be called: ${why}`, { retryable: false });
}

/** Is the host named by a rule? Then its addresses may be private. */
export function isAllowed(url: URL, { allow }: Rules): boolean {
  const host = hostOf(url);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const shown = host.includes(':') ? `[${host}]` : host;
  return allow.some((rule) => rule === shown || rule === host || rule === `${shown}:${port}`);
}

/** The host a connection is made to: without brackets, and without the dot that ends a full name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/gu, '').replace(/\.$/u, '');
}

/** What can be said before a name is looked up. Throws StepFailure `Effect.Failed`. */
export function checkUrl(url: URL, rules: Rules): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(url, 'wanted http or https');
  if (url.username !== '' || url.password !== '') throw refused(url, 'a user name in the address; use a secret');
  const host = hostOf(url);
  if (host === '') throw refused(url, 'it has no host');
  if (isIP(host) !== 0) checkAddresses(url, [host], rules);
}

/** One address that may not be reached refuses the whole host: which one is connected to is not ours to say. */
export function checkAddresses(url: URL, addresses: readonly string[], rules: Rules): void {
  const link = addresses.find(isLinkLocal);
  if (link !== undefined) throw refused(url, `${link} is link-local`);
  if (isAllowed(url, rules)) return;
  const inner = addresses.find((address) => !isPublic(address));
  if (inner !== undefined)
    throw refused(
      url,
      `${inner} is no public address; DSPEX_ALLOW_HOSTS can name the hosts that are meant to be reached`,
    );
}
