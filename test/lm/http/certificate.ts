import { generateKeyPairSync, sign } from 'node:crypto';

// A certificate for 127.0.0.1 that signs itself, made anew for each run so that no key lies in the repository (X.509, RFC 5280).
const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));

const ECDSA_SHA256 = sequence(hex('06082a8648ce3d040302'));
const NAME = sequence(der(0x31, sequence(hex('0603550403'), text(0x0c, '127.0.0.1'))));
const ALT_NAME = sequence(hex('0603551d11'), der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1])))));

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const toBeSigned = sequence(
  der(0xa0, hex('020102')),
  hex('020101'),
  ECDSA_SHA256,
  NAME,
  sequence(text(0x17, '200101000000Z'), text(0x18, '21000101000000Z')),
  NAME,
  publicKey.export({ type: 'spki', format: 'der' }),
  der(0xa3, sequence(ALT_NAME)),
);
const signature = Buffer.concat([Buffer.from([0]), sign('sha256', toBeSigned, privateKey)]);
const whole = sequence(toBeSigned, ECDSA_SHA256, der(0x03, signature)).toString('base64');

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${whole.replace(/.{64}/gu, '$&\n')}\n-----END CERTIFICATE-----\n`;
export const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' });
