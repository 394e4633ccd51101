import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command, tried } from './command.ts';
import { digestOf, EMULATORS_DIR } from './places.ts';

/**
 * DynamoDB Local 1.25.1 as this package carries it. Its licence allows tests, not passing it on: it is downloaded by
 * whoever runs the tests, and never part of what we publish.
 */
const PACKAGE = 'amplify-dynamodb-simulator@2.9.30';
const SHA512 =
  'c5379e44bbf311fab2779961ddb1f8734907bd21c79a6843e590ec1c5280439836665e89aa515dbad6908422c7cf1129e91cb5a3b4c1ea7888a17b9002749ec1';
const OLDEST_JAVA = 11;

export interface DynamoDbLocal {
  java: string;
  /** The folder with the jar and its libraries. */
  dir: string;
}

/** The jar, checked by its digest, and a Java to run it. */
export async function installDynamoDbLocal(): Promise<DynamoDbLocal> {
  const dir = join(EMULATORS_DIR, 'dynamodb-local');
  const java = await findJava();
  if (existsSync(join(dir, 'DynamoDBLocal.jar'))) return { java, dir };
  const half = `${dir}.${process.pid}`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true });
  const packed = await command('npm', ['pack', '--silent', '--ignore-scripts', PACKAGE, '--pack-destination', half]);
  const archive = join(half, packed.trim().split('\n').at(-1) ?? '');
  const found = await digestOf(archive, 'sha512');
  if (found !== SHA512) throw new Error(`${PACKAGE} should have the SHA-512 ${SHA512}, it has ${found}`);
  await command('tar', ['-xzf', archive, '-C', half, '--strip-components=2', 'package/emulator']);
  await rm(archive);
  // Whole or not at all: a download that was cut off is not mistaken for an installation.
  await rm(dir, { recursive: true, force: true });
  await rename(half, dir);
  return { java, dir };
}

async function findJava(): Promise<string> {
  const java = process.env.DSPEX_JAVA ?? 'java';
  if (await isJava(java)) return java;
  if (process.getuid?.() === 0 && (await tried('apt-get', ['--version'])) !== null) {
    await tried('apt-get', ['update', '-q']);
    await tried('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'openjdk-17-jre-headless']);
    if (await isJava(java)) return java;
  }
  throw new Error(
    `DynamoDB Local needs Java ${OLDEST_JAVA} or later, found none as ${java}: install a JRE (Debian: openjdk-17-jre-headless) or set DSPEX_JAVA`,
  );
}

async function isJava(java: string): Promise<boolean> {
  const said = (await tried(java, ['-version'])) ?? '';
  return Number(/version "(\d+)/.exec(said)?.[1] ?? 0) >= OLDEST_JAVA;
}
