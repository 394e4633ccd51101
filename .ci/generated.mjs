// Files that are derived from sources are committed so that a change of a surface shows in its diff; this check says when
// one is out of date. `node .ci/generated.mjs --write` makes them anew.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkCoverage } from './coverage.mjs';

const { resources } = await import('../lib/resources/resources.ts');
const { describe } = await import('../lib/kernel/describe.ts');
const { routesOf } = await import('../lib/derive/http/routes.ts');
const { openApi } = await import('../lib/derive/openapi/document.ts');
const { cedarSchema, schemaNameOf } = await import('../lib/kernel/cedar-schema.ts');
const { compile } = await import('../lib/compiler/compile.ts');
const { picture } = await import('../lib/compiler/picture.ts');
const { GraphSchema } = await import('../lib/program/graph.ts');
const { planProgram } = await import('../lib/program/plan-graph.ts');
const { parse } = await import('yaml');

const infos = describe(resources);
/** The example as the state machine it becomes, drawn from the machine itself. */
function ragPicture() {
  const { graph } = parse(readFileSync('examples/rag/program.yaml', 'utf8'));
  const { machine } = compile(planProgram(GraphSchema.parse(graph), {}), { stepFunction: 'dspex-step:live' });
  return `# examples/rag on Step Functions\n\nDrawn from its state machine by \`dspex compile examples/rag/program.yaml --picture\`.\n\n\`\`\`mermaid\n${picture(machine).trimEnd()}\n\`\`\`\n`;
}

const derived = {
  'docs/generated/rag.md': ragPicture(),
  'docs/generated/openapi.json': `${JSON.stringify(openApi(routesOf(infos), { version: '0' }), null, 1)}\n`,
  'docs/generated/schema.cedarschema': cedarSchema(infos),
  'lib/resources/schema-name.ts': `/** Of docs/generated/schema.cedarschema; derived, like that file, by .ci/generated.mjs. */\nexport const SCHEMA_NAME = '${schemaNameOf(cedarSchema(infos))}';\n`,
};

const write = process.argv.includes('--write');
let stale = 0;
for (const [path, text] of Object.entries(derived)) {
  const found = read(path);
  if (found === text) continue;
  if (write) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`written: ${path}`);
  } else {
    stale++;
    console.error(`out of date: ${path}; run "node .ci/generated.mjs --write" and commit it`);
  }
}
const dead = checkCoverage('docs/coverage.md');
for (const problem of dead) console.error(problem);
if (stale + dead.length > 0) process.exit(1);
console.log(`generated: ${Object.keys(derived).length} files up to date, docs/coverage.md without dead links`);

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
