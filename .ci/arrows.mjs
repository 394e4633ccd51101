// Checks the arrows between the rooms. A checker that saw nothing must not say "fine" (a TypeScript it cannot read makes
// dependency-cruiser cruise 0 modules and succeed), so the modules it saw are compared with the files there are.
import { globSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import config from '../.dependency-cruiser.mjs';

const roots = ['lib', 'functions', 'test', 'examples', 'bench', 'cdk'];
const files = roots
  .flatMap((root) => globSync(`${root}/**/*.ts`, { exclude: (name) => name === 'node_modules' || name === '.venv' }))
  .map((file) => file.replaceAll('\\', '/'));
const present = roots.filter((root) => files.some((file) => file.startsWith(`${root}/`)));

const { output } = await cruise(
  present,
  { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);
const seen = new Set(output.modules.map((module) => module.source));
const unseen = files.filter((file) => !seen.has(file) && !file.endsWith('.d.ts'));
for (const violation of output.summary.violations) {
  const route = violation.cycle?.map((step) => step.name ?? step).join(' -> ') ?? violation.to;
  const why = config.forbidden.find((rule) => rule.name === violation.rule.name)?.comment;
  console.error(`${violation.rule.name}: ${violation.from} -> ${route}\n    ${why}`);
}
if (unseen.length > 0)
  console.error(`the arrow check did not see ${unseen.length} of ${files.length} files, first ${unseen[0]}`);
if (unseen.length > 0 || output.summary.violations.length > 0) process.exit(1);
console.log(`arrows: ${files.length} files, ${output.summary.totalDependenciesCruised} imports, all allowed`);
