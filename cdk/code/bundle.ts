import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { FUNCTION_NAMES } from '../names.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Bundle {
  /** What the functions' zip holds. */
  folder: string;
  /** Bytes a function loads before its first event: its entry and every chunk that it imports statically. */
  entryBytes(name: string): number;
  /** The packages and rooms in those bytes, largest first. */
  entryContents(name: string): [part: string, bytes: number][];
}

/** Found beside the code as they are: WebAssembly, and files that are served. */
const COPIED = [
  '@cedar-policy/cedar-wasm/package.json',
  '@cedar-policy/cedar-wasm/nodejs/package.json',
  '@cedar-policy/cedar-wasm/nodejs/cedar_wasm.js',
  '@cedar-policy/cedar-wasm/nodejs/cedar_wasm_bg.wasm',
  'swagger-ui-dist/package.json',
  'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui-dist/swagger-ui.css',
  'swagger-ui-dist/favicon-32x32.png',
];

/** They use all of zod, which everything else would then carry, too: bundled by themselves, loaded when a model is theirs. */
const APART = ['@ai-sdk/amazon-bedrock', '@ai-sdk/anthropic'];

/** Imported from beside the bundle. */
export const BESIDE = ['@cedar-policy/cedar-wasm', 'swagger-ui-dist', 'node-llama-cpp', ...APART];

const builtin = (name: string) => join(ROOT, 'cdk/code/builtin', `${name}.cjs`);

/** How everything for Node is bundled; `bench/start` measures what is made like this. */
export const NODE = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minify: true,
  mainFields: ['module', 'main'],
  alias: {
    'node:http': builtin('http'),
    http: builtin('http'),
    'node:crypto': builtin('crypto'),
    crypto: builtin('crypto'),
  },
  banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
  logLevel: 'error',
} as const satisfies BuildOptions;

/**
 * Every function in one folder, ESM for Node 24, minified. One build with code splitting: what functions share is there
 * once, and what is imported dynamically (SDK clients, Cedar, providers) is loaded when it is needed.
 */
export function bundle(folder: string): Bundle {
  const known = made.get(folder);
  if (known !== undefined) return known;
  const fresh = build(folder);
  made.set(folder, fresh);
  return fresh;
}

/** A process builds once, however many stages it synthesizes. */
const made = new Map<string, Bundle>();

function build(folder: string): Bundle {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = buildSync({
    ...NODE,
    mainFields: [...NODE.mainFields],
    entryPoints: FUNCTION_NAMES.map((name) => ({ in: `functions/${name}/handler.ts`, out: `${name}/handler` })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[hash]',
    splitting: true,
    metafile: true,
    external: [...BESIDE],
  });
  for (const name of APART) {
    const home = join(folder, 'node_modules', name);
    buildSync({ ...NODE, mainFields: [...NODE.mainFields], entryPoints: [name], outfile: join(home, 'index.js') });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name, type: 'module', main: 'index.js' }));
  }
  const require = createRequire(join(ROOT, 'package.json'));
  for (const file of COPIED) {
    const target = join(folder, 'node_modules', file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(
      join(
        packageRoot(require, file),
        file
          .split('/')
          .slice(file.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
      target,
    );
  }
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, type: 'module' }));
  return sizesOf(folder, metafile);
}

function packageRoot(require: NodeJS.Require, file: string): string {
  const [scope = '', name = ''] = file.split('/');
  const wanted = file.startsWith('@') ? `${scope}/${name}` : scope;
  const paths = require.resolve.paths(wanted) ?? [];
  const found = paths.map((path) => join(path, wanted)).find((path) => isThere(join(path, 'package.json')));
  if (found === undefined) throw new Error(`${wanted} is not installed`);
  return found;
}

function isThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

function sizesOf(folder: string, { outputs }: Metafile): Bundle {
  const relative = (path: string) => Object.keys(outputs).find((output) => output.endsWith(path)) ?? '';
  const loadedBy = (name: string): Metafile['outputs'][string][] => {
    const seen = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const one of outputs[path]?.imports ?? [])
        if (one.kind === 'import-statement' && !one.external) visit(one.path);
    };
    visit(relative(`/${name}/handler.mjs`));
    return [...seen].flatMap((path) => outputs[path] ?? []);
  };
  return {
    folder,
    entryBytes: (name) => loadedBy(name).reduce((sum, { bytes }) => sum + bytes, 0),
    entryContents: (name) => {
      const parts = new Map<string, number>();
      for (const { inputs } of loadedBy(name))
        for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
          const part = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? input.split('/').slice(0, 2).join('/');
          parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
        }
      return [...parts].sort((a, b) => b[1] - a[1]);
    },
  };
}
