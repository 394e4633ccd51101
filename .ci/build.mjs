// Builds what is published: `dist/` with compiled sources, type declarations and the files sources read at run time.
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

rmSync('dist', { recursive: true, force: true });
execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });

// Plain files that sources find by URL beside themselves.
for (const file of globSync('{lib,functions,examples}/**/*.{mjs,json,jsonl,yaml,cedar,md,py,lock}')) {
  mkdirSync(dirname(`dist/${file}`), { recursive: true });
  cpSync(file, `dist/${file}`);
}
// The DSPy host beside `lib`, as in the sources: workers run it, and its lock makes their environment.
for (const file of globSync('python-lambda/{dspex_host/**/*.py,*.lock}')) {
  mkdirSync(dirname(`dist/${file}`), { recursive: true });
  cpSync(file, `dist/${file}`);
}
// `#lib/x` has no extension, so the same specifier works on sources and on what is built from them.
writeFileSync(
  'dist/package.json',
  `${JSON.stringify({ type: 'module', imports: { '#lib/*': './lib/*.js', '#functions/*': './functions/*.js' } }, null, 2)}\n`,
);
console.log(`built ${globSync('dist/**/*.js').length} files into dist/`);
