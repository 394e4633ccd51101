import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openReceiver } from './receiver.ts';

/**
 * The example from nothing: `node examples/rag/run.ts ["QUESTION"] [--refuse] [options of dspex run]`. Each command is
 * shown before it runs. `--refuse` lets the announcement fail, so that the record is taken back.
 */
const EXAMPLE = fileURLToPath(new URL('.', import.meta.url));
const DSPEX = fileURLToPath(new URL('../../functions/node24.mjs', import.meta.url));
const QUESTION = 'Why does my nightly backup fail with exit code 75 on Sundays?';

const given = process.argv.slice(2);
const question = given[0]?.startsWith('--') === false ? given.shift() : QUESTION;
const refuse = given.includes('--refuse');
const options = given.filter((option) => option !== '--refuse');
const folder = options.flatMap((option, i) => (options[i - 1] === '--data-dir' ? ['--data-dir', option] : []));

const receiver = await openReceiver({ refuse });
try {
  for (const corpus of ['docs', 'faq', 'forum'])
    await dspex('import', `${EXAMPLE}${corpus}.jsonl`, '--corpus', `rag-${corpus}`, ...folder);
  const input = JSON.stringify({ question });
  process.exitCode = await dspex('run', `${EXAMPLE}program.yaml`, '--input', input, '--trace', ...options);
  console.log(`\nthe receiver heard ${receiver.heard.join(', ') || 'nothing'}; its log holds ${receiver.answers.size}`);
} finally {
  await receiver.close();
}

/** Its exit code. It is allowed to reach the receiver, which is on this machine. */
function dspex(...args: string[]): Promise<number> {
  console.log(`$ dspex ${args.map((arg) => (/^[\w./=-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}`);
  const env = { ...process.env, DSPEX_ALLOW_HOSTS: `127.0.0.1:${receiver.port}` };
  const child = spawn(process.execPath, [DSPEX, ...args], { env, stdio: 'inherit' });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}
